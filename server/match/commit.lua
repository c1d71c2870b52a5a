#!lua
-- Commits changes of matches: the only script that writes a match. It knows nothing of any game.
--
-- KEYS, four for each entry:
--   cq:{<shard>}:match:<id>           hash    token, version, status, state, setup, timers, at
--   cq:{<shard>}:due                  zset    match id -> when one of its timers ends, ms
--   cq:{<shard>}:outbox               stream  events for the recorder
--   cq:{<shard>}:watchers:<id>        hash    node -> how many connections there watch the match
-- ARGV[1] the node that asks; then three for each entry:
--   the envelope, JSON:
--     id            of the match
--     expect        token that the match must have; '' if the match must be absent
--     token         the next one, never used before
--     version, status  of the next state; neither goes back
--     before        name of a stored timer that must not have ended, if any
--     notBefore     name of a stored timer that must have ended, if any
--     notAfter      time after which nothing is written, ms, if any
--     timers        name -> {ms = length, silent = nothing is due at its end} to start it, false to clear it; others go on
--     expireMs      how long the match is kept without another commit
--     events        JSON texts for the outbox
--     nodes         names of nodes that are told of the change
--   the state, an opaque text
--   the setup, an opaque text; '' if it stays as it is
-- Reply, names and values in turn: now, unreachable (nodes that nobody listens for), entries: for each, names and values:
--   code: committed; conflict (the token is another; what is stored follows); early or late (a guard does not hold);
--         invalid (the entry makes no sense)
--   timers, at: of the match after the commit, or as stored; token, version, status, state, setup: as stored, on a conflict
--
-- Invariants: only Redis TIME decides what is late; every check and conversion of the whole batch comes before its first write,
-- since scripts do not roll back; with the first line above, Redis refuses the whole script when it may not write.

local PER_KEYS, PER_ARGS = 4, 3
local LIVE = { waiting = 1, playing = 2, finished = 3 }
local node = ARGV[1]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function conflict(keys, stored)
  local rest = redis.call('HMGET', keys.match, 'state', 'setup')
  return { 'code', 'conflict', 'token', stored.token or '', 'version', stored.version or '', 'status', stored.status or '',
    'state', rest[1] or '', 'setup', rest[2] or '', 'timers', stored.timers or '', 'at', stored.at or '' }
end

local function refusal(code, stored)
  return { 'code', code, 'timers', stored.timers or '', 'at', stored.at or '' }
end

-- The stored timers after the clock stepped back: one that begins in the future begins now.
local function timers_now(text)
  local timers = text and cjson.decode(text) or {}
  for _, timer in pairs(timers) do
    if timer.start > now then timer.start = now end
  end
  return timers
end

-- Checks an entry; returns its reply if it is refused, or what is to be written.
local function prepare(keys, text)
  local entry = cjson.decode(text)
  local values = redis.call('HMGET', keys.match, 'token', 'version', 'status', 'timers', 'at')
  local stored = { token = values[1], version = values[2], status = values[3], timers = values[4], at = values[5] }
  -- A match without a token is one of an earlier layout, which nobody plays any more.
  local absent = not stored.token
  if entry.expect == '' then
    if not absent then return conflict(keys, stored) end
  elseif stored.token ~= entry.expect then
    return conflict(keys, stored)
  end
  if not LIVE[entry.status] or type(entry.token) ~= 'string' or entry.token == '' then return refusal('invalid', stored) end
  if not absent and (entry.version < tonumber(stored.version) or LIVE[entry.status] < LIVE[stored.status]) then return refusal('invalid', stored) end
  if entry.notAfter and now > entry.notAfter then return refusal('late', stored) end
  local timers = timers_now(stored.timers)
  if entry.before then
    local timer = timers[entry.before]
    if not timer or now >= timer.start + timer.ms then return refusal('late', stored) end
  end
  if entry.notBefore then
    local timer = timers[entry.notBefore]
    if not timer or now < timer.start + timer.ms then return refusal('early', stored) end
  end
  for name, change in pairs(entry.timers) do
    timers[name] = change and { start = now, ms = change.ms, silent = change.silent } or nil
  end
  local due
  for _, timer in pairs(timers) do
    local at = timer.start + timer.ms
    if not timer.silent and (not due or at < due) then due = at end
  end
  local events = {}
  for i, event in ipairs(entry.events) do events[i] = event end
  return nil, { entry = entry, absent = absent, due = due, timers = cjson.encode(timers), events = events,
    expireMs = string.format('%.0f', entry.expireMs), message = cjson.encode({ id = entry.id, from = entry.expect, token = entry.token,
      version = entry.version, status = entry.status, now = now, timers = timers }) }
end

local entries, writes, seen = {}, {}, {}
for i = 1, #KEYS, PER_KEYS do
  local index = (i - 1) / PER_KEYS
  local keys = { match = KEYS[i], due = KEYS[i + 1], outbox = KEYS[i + 2], watchers = KEYS[i + 3] }
  local arg = 2 + index * PER_ARGS
  local reply, write
  if seen[keys.match] then
    reply = { 'code', 'invalid', 'timers', '', 'at', '' }
  else
    seen[keys.match] = true
    local ok, one, two = pcall(prepare, keys, ARGV[arg])
    if ok then reply, write = one, two else reply = { 'code', 'invalid', 'timers', '', 'at', '' } end
  end
  if write then
    write.keys, write.state, write.setup = keys, ARGV[arg + 1], ARGV[arg + 2]
    writes[#writes + 1] = write
    reply = { 'code', 'committed', 'timers', write.timers, 'at', now }
  end
  entries[index + 1] = reply
end

-- channel -> what its node is told: of each change the envelope, the state and the setup, a line each
local messages = {}
local function tell(write, to)
  if to == node then return end
  local channel = string.sub(write.keys.due, 1, -4) .. 'node:' .. to
  local lines = messages[channel]
  if not lines then
    lines = { to = to }
    messages[channel] = lines
  end
  lines[#lines + 1] = write.message
  lines[#lines + 1] = write.state
  lines[#lines + 1] = write.setup
end

local at = string.format('%.0f', now)
for _, write in ipairs(writes) do
  local entry, keys = write.entry, write.keys
  if write.absent then redis.call('DEL', keys.match) end
  redis.call('HSET', keys.match, 'token', entry.token, 'version', entry.version, 'status', entry.status, 'state', write.state,
    'timers', write.timers, 'at', at)
  if write.setup ~= '' then redis.call('HSET', keys.match, 'setup', write.setup) end
  redis.call('PEXPIRE', keys.match, write.expireMs)
  if write.due then redis.call('ZADD', keys.due, write.due, entry.id) else redis.call('ZREM', keys.due, entry.id) end
  for _, event in ipairs(write.events) do redis.call('XADD', keys.outbox, '*', 'at', at, 'event', event) end
  local told = {}
  for _, to in ipairs(entry.nodes) do
    told[to] = true
    tell(write, to)
  end
  for _, to in ipairs(redis.call('HKEYS', keys.watchers)) do
    if not told[to] then tell(write, to) end
  end
end

local unreachable = {}
for channel, lines in pairs(messages) do
  if redis.call('SPUBLISH', channel, table.concat(lines, '\n')) == 0 then unreachable[#unreachable + 1] = lines.to end
end
return { 'now', now, 'unreachable', unreachable, 'entries', entries }
