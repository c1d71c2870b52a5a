#!lua
-- Commits changes of matches: the only script that writes a match. It knows nothing of any game. Only Redis TIME decides what is
-- late. Every check and conversion of the whole batch comes before its first write, since scripts do not roll back; and with the
-- first line above Redis refuses all of the script if it may not write.
--
-- KEYS, for each entry: the match (hash: token, version, status, state, setup, timers, at), due (zset: match id -> when a timer ends,
--   ms), outbox (stream), watchers (hash: node -> connections that watch the match)
-- ARGV[1] the node that asks; then for each entry: the envelope (JSON; see `Envelope` in store.ts), the state (opaque), the setup
--   (opaque; '' if it stays as it is)
-- Reply, names and values in turn: now; unreachable: nodes that nobody listens for; entries: for each, names and values:
--   code: committed, conflict (the token is another), early or late (a guard does not hold), overtaken (a timer that goes on begins
--   in the future, and the version stays), invalid (the entry makes no sense)
--   timers, at: after the commit, or as stored; on a conflict also token, version, status, state and setup as stored
local ORDER = { waiting = 1, playing = 2, finished = 3 }
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local at = string.format('%.0f', now)

local function refusal(code, stored)
  return { 'code', code, 'timers', stored.timers or '', 'at', stored.at or '' }
end

local function conflict(match, stored)
  local rest = redis.call('HMGET', match, 'state', 'setup')
  return { 'code', 'conflict', 'timers', stored.timers or '', 'at', stored.at or '', 'token', stored.token or '',
    'version', stored.version or '', 'status', stored.status or '', 'state', rest[1] or '', 'setup', rest[2] or '' }
end

-- Checks an entry and converts what is to be written. Returns a reply if the entry is refused.
local function prepare(write, text)
  local entry = cjson.decode(text)
  local values = redis.call('HMGET', write.match, 'token', 'version', 'status', 'timers', 'at')
  local stored = { token = values[1], version = values[2], status = values[3], timers = values[4], at = values[5] }
  -- A hash without a token is a match of release 0.1, which nobody plays any more.
  if (stored.token or '') ~= entry.expect then return conflict(write.match, stored) end
  if not ORDER[entry.status] or type(entry.token) ~= 'string' or entry.token == '' then return refusal('invalid', stored) end
  if stored.token and (entry.version < tonumber(stored.version) or ORDER[entry.status] < ORDER[stored.status]) then
    return refusal('invalid', stored)
  end
  if entry.notAfter and now > entry.notAfter then return refusal('late', stored) end
  local timers, overtaken = stored.timers and cjson.decode(stored.timers) or {}, false
  for name, timer in pairs(timers) do
    -- The clock has stepped back: a timer never has longer to run than its whole length.
    if timer.start > now then
      timer.start = now
      overtaken = overtaken or entry.timers[name] == nil
    end
  end
  local before, not_before = timers[entry.before], timers[entry.notBefore]
  if entry.before and not (before and now < before.start + before.ms) then return refusal('late', stored) end
  if entry.notBefore and not (not_before and now >= not_before.start + not_before.ms) then return refusal('early', stored) end
  -- Players would see one version with two deadlines.
  if overtaken and entry.version == tonumber(stored.version) then return refusal('overtaken', stored) end
  for name, change in pairs(entry.timers) do
    timers[name] = change and { start = now, ms = change.ms, silent = change.silent } or nil
  end
  for _, timer in pairs(timers) do
    if not timer.silent then write.due = math.min(write.due or math.huge, timer.start + timer.ms) end
  end
  write.absent, write.entry, write.visible = not stored.token, entry, tonumber(stored.version or -1) ~= entry.version
  write.timers, write.expire = cjson.encode(timers), string.format('%.0f', entry.expireMs)
  -- What the writes below convert to text. All of it must be convertible before the first of them.
  write.head = string.format('"id":%s,"from":%s,"token":%s,"version":%.0f,"status":"%s"', cjson.encode(entry.id),
    cjson.encode(entry.expect), cjson.encode(entry.token), entry.version, entry.status)
  assert(#entry.events >= 0 and #entry.nodes >= 0)
end

-- What other nodes are told of a change, beside its state and setup. Built only if there is another node to tell.
local function message(write)
  return string.format('{%s,"now":%s,"timers":%s,"visible":%s}', write.head, at, write.timers, write.visible and 'true' or 'false')
end

local entries, writes, seen = {}, {}, {}
for i = 1, #KEYS, 4 do
  local index = (i - 1) / 4
  local write = { match = KEYS[i], due_key = KEYS[i + 1], outbox = KEYS[i + 2], watchers = KEYS[i + 3],
    state = ARGV[3 + index * 3], setup = ARGV[4 + index * 3] }
  local ok, reply = pcall(prepare, write, ARGV[2 + index * 3])
  if not ok or seen[write.match] then reply = refusal('invalid', {}) end
  seen[write.match] = true
  if not reply then writes[#writes + 1] = write end
  entries[index + 1] = reply or { 'code', 'committed', 'timers', write.timers, 'at', at }
end

local messages = {} -- channel -> its node, and for each change three lines: envelope, state, setup
for _, write in ipairs(writes) do
  local entry = write.entry
  if write.absent then redis.call('DEL', write.match) end
  local fields = { 'token', entry.token, 'version', entry.version, 'status', entry.status, 'state', write.state, 'timers', write.timers }
  fields[11], fields[12] = 'at', at
  if write.setup ~= '' then fields[13], fields[14] = 'setup', write.setup end
  redis.call('HSET', write.match, unpack(fields))
  redis.call('PEXPIRE', write.match, write.expire)
  if write.due then redis.call('ZADD', write.due_key, write.due, entry.id) else redis.call('ZREM', write.due_key, entry.id) end
  for _, event in ipairs(entry.events) do redis.call('XADD', write.outbox, '*', 'at', at, 'event', event) end
  local announced = { [ARGV[1]] = true }
  for _, nodes in ipairs({ entry.nodes, redis.call('HKEYS', write.watchers) }) do
    for _, node in ipairs(nodes) do
      if not announced[node] then
        local channel = string.sub(write.due_key, 1, -4) .. 'node:' .. node
        local lines = messages[channel] or { node = node }
        messages[channel], announced[node] = lines, true
        write.message = write.message or message(write)
        for _, line in ipairs({ write.message, write.state, write.setup }) do lines[#lines + 1] = line end
      end
    end
  end
end
local unreachable = {}
for channel, lines in pairs(messages) do
  if redis.call('SPUBLISH', channel, table.concat(lines, '\n')) == 0 then unreachable[#unreachable + 1] = lines.node end
end
return { 'now', now, 'unreachable', unreachable, 'entries', entries }
