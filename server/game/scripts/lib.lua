-- Shared by every script of the referee; the loader puts it in front of each.
--
-- KEYS[1] cq:{<shard>}:match:<id>  hash    the match
-- KEYS[2] cq:{<shard>}:due         zset    match id -> when it is to be closed, ms
-- KEYS[3] cq:{<shard>}:outbox      stream  facts for the recorder
--
-- The last argument of every script is the node that asks; the loader has put VARYING and FIXED in front of this, the
-- names of the fields that change while a match is played, and of those that do not once both seats are taken.
--
-- Reply: {code, now, deaf, varying, {value, ...}}. `now` is Redis time in ms; `deaf` names the nodes that should have
-- been told of the change and do not listen; `varying` and the values of FIXED are the whole match after the script,
-- empty where there is none. Codes: ok (changed), same (asked for what is already so), early (the deadline is yet to come), or one of the
-- catalogue of errors (nothing changed).
--
-- Invariants: only Redis TIME decides; a change raises `version` by one, and the nodes on which the seats are played
-- are told of it in the same script, but for the one that asks; a decided round and an ended
-- match append their fact to the outbox in the same script; a match that is not finished stands in
-- the zset with the time of what is due next, an ended one while its rematch is being made.

local MATCH, DUE, OUTBOX = KEYS[1], KEYS[2], KEYS[3]
local NODE = table.remove(ARGV)

local BEATS = { rock = 'scissors', scissors = 'paper', paper = 'rock' }

local function clock()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local now = clock()

local function load()
  local flat = redis.call('HGETALL', MATCH)
  if #flat == 0 then return nil end
  local match = {}
  for i = 1, #flat, 2 do match[flat[i]] = flat[i + 1] end
  return match
end

-- What changes while a match is played, in the order of VARYING.
local function varying(match)
  local values = {}
  for i, field in ipairs(VARYING) do values[i] = match[field] end
  return table.concat(values, '|')
end

-- node -> what it is to be told, a line for each change: match id | now | varying
local news = {}

-- A connection is <node>:<socket>; that of a bot, and of nobody, has no node.
local function announce(match)
  local node0, node1 = string.match(match.conn0, '^(.-):'), string.match(match.conn1, '^(.-):')
  if node0 == NODE then node0 = nil end
  if node1 == NODE or node1 == node0 then node1 = nil end
  if not node0 and not node1 then return end
  local line = match.id .. '|' .. now .. '|' .. varying(match)
  for _, node in pairs({ node0, node1 }) do
    if not news[node] then news[node] = {} end
    table.insert(news[node], line)
  end
end

-- One message a node, in the slot of the match. Returns the nodes that nobody listens for.
local function tell()
  local deaf = {}
  for node, lines in pairs(news) do
    local channel = string.sub(DUE, 1, -4) .. 'node:' .. node
    if redis.call('SPUBLISH', channel, table.concat(lines, '\n')) == 0 then deaf[#deaf + 1] = node end
  end
  return table.concat(deaf, ' ')
end

-- `quiet`: only the caller needs to know.
local function reply(code, match, quiet)
  if code == 'ok' and not quiet then announce(match) end
  if not match then return { code, now, tell(), '', {} } end
  local fixed = {}
  for i, field in ipairs(FIXED) do fixed[i] = match[field] end
  return { code, now, tell(), varying(match), fixed }
end

-- A match before anything has happened to it: ARGV from `at` on is field, value, ... of what distinguishes it from others.
local function new_match(at)
  local match = { version = 0, status = 'waiting', round = 0, score0 = 0, score1 = 0, missed0 = 0, missed1 = 0, id1 = '', barred = '' }
  for _, fields in ipairs({ VARYING, FIXED }) do
    for _, field in ipairs(fields) do match[field] = match[field] or '' end
  end
  for i = at, #ARGV, 2 do match[ARGV[i]] = ARGV[i + 1] end
  return match
end

-- Sets fields in the table and in Redis, with the next version.
local function store(match, fields)
  fields.version = match.version + 1
  local flat = {}
  for field, value in pairs(fields) do
    match[field] = value
    flat[#flat + 1] = field
    flat[#flat + 1] = value
  end
  redis.call('HSET', MATCH, unpack(flat))
end

local function seat_of(match, player)
  if match.id0 == player then return '0' end
  if match.id1 == player then return '1' end
  return nil
end

local function schedule(match, at)
  redis.call('ZADD', DUE, at, match.id)
end

-- Opens a round: its deadline, and when a bot in seat 1 moves in it. Returns the fields to store.
local function opening(match, fields, round)
  fields.round = round
  fields.move0 = ''
  fields.move1 = ''
  fields.deadlineAt = now + match.roundMs
  fields.botAt = ''
  if (fields.bot1 or match.bot1) == '1' then
    local spread = ((now % 1000003) * 7919) % (match.botMaxMs - match.botMinMs + 1)
    fields.botAt = now + math.min(match.botMinMs + spread, math.floor(match.roundMs * 0.6))
  end
  return fields
end

-- Puts the match where the sweeps look for what is due.
local function schedule_round(match)
  schedule(match, match.botAt ~= '' and match.botAt < match.deadlineAt and match.botAt or match.deadlineAt)
end

-- Seats the second player and opens round 1.
local function begin(match, fields)
  fields.status = 'playing'
  fields.startedAt = now
  store(match, opening(match, fields, 1))
  schedule_round(match)
  redis.call('XADD', OUTBOX, '*', 'type', 'start', 'match', match.id, 'mode', match.mode,
    'bestOf', match.bestOf, 'player0', match.id0, 'player1', match.id1, 'at', now)
end

-- The end of a match: `winner` is '0', '1' or ''; `reason` is '' for a room that never began.
local function finish(match, fields, winner, reason)
  fields.status = 'finished'
  fields.deadlineAt = ''
  fields.botAt = ''
  fields.move0 = ''
  fields.move1 = ''
  fields.endedAt = now
  fields.resultWinner = winner
  fields.resultReason = reason
  store(match, fields)
  redis.call('ZREM', DUE, match.id)
  redis.call('PEXPIRE', MATCH, match.retainMs)
  if reason ~= '' then
    redis.call('XADD', OUTBOX, '*', 'type', 'end', 'match', match.id, 'mode', match.mode,
      'player0', match.id0, 'player1', match.id1, 'score0', match.score0, 'score1', match.score1,
      'winner', winner, 'reason', reason, 'at', now)
  end
end

-- Closes the open round with the moves that match.move0 and match.move1 hold ('' is a missed one).
local function decide(match, reason)
  local a, b = match.move0, match.move1
  local winner = ''
  if a ~= b then
    if a == '' then winner = '1'
    elseif b == '' then winner = '0'
    elseif BEATS[a] == b then winner = '0'
    else winner = '1' end
  end
  local score0 = match.score0 + (winner == '0' and 1 or 0)
  local score1 = match.score1 + (winner == '1' and 1 or 0)
  local missed0 = a == '' and match.missed0 + 1 or 0
  local missed1 = b == '' and match.missed1 + 1 or 0
  local round = tonumber(match.round)
  redis.call('XADD', OUTBOX, '*', 'type', 'round', 'match', match.id, 'round', round,
    'move0', a, 'move1', b, 'winner', winner, 'reason', reason, 'at', now)
  local fields = {
    score0 = score0, score1 = score1, missed0 = missed0, missed1 = missed1,
    lastRound = round .. ':' .. a .. ':' .. b .. ':' .. winner .. ':' .. reason,
  }
  local needed = math.ceil(match.bestOf / 2)
  local limit = tonumber(match.maxMissed)
  local absent0, absent1 = missed0 >= limit, missed1 >= limit
  if score0 >= needed then return finish(match, fields, '0', 'score') end
  if score1 >= needed then return finish(match, fields, '1', 'score') end
  if absent0 and absent1 then return finish(match, fields, '', 'no_show') end
  if absent0 then return finish(match, fields, '1', 'no_show') end
  if absent1 then return finish(match, fields, '0', 'no_show') end
  if round >= tonumber(match.maxRounds) then
    local ahead = ''
    if score0 > score1 then ahead = '0' elseif score1 > score0 then ahead = '1' end
    return finish(match, fields, ahead, 'max_rounds')
  end
  store(match, opening(match, fields, round + 1))
  schedule_round(match)
end
