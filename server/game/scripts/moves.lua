-- Stores hidden moves; the second one of a round decides it. All moves that reach a node in one turn of its event loop
-- come in one call: each finds the matches as those before it have left them.
-- KEYS: three for each move, as in lib.lua
-- ARGV: for each move: player id, round, move
-- Reply: {now, deaf, then for each move: code, what varies of the match ('' where there is none)}
-- A move that is stored already, in the open round or in the last, is no fault (same): clients repeat
-- what they saw no acknowledgement for. After the deadline only `expire` closes the round.

-- What a move needs of a match; not the players' profiles, which are most of it.
local NEEDED = { 'id', 'mode', 'bestOf', 'id0', 'id1', 'bot1', 'roundMs', 'maxRounds', 'maxMissed', 'botMinMs', 'botMaxMs', 'retainMs' }
for _, field in ipairs(VARYING) do NEEDED[#NEEDED + 1] = field end

local function load_needed()
  local values = redis.call('HMGET', MATCH, unpack(NEEDED))
  if not values[1] then return nil end
  local match = {}
  for i, field in ipairs(NEEDED) do match[field] = values[i] end
  return match
end

local function move(match, player, round, hand)
  local seat = seat_of(match, player)
  if not seat then return 'not_your_match' end
  if match.status == 'waiting' then return 'match_not_playing' end
  local last, a, b = string.match(match.lastRound, '^(%d+):(%a*):(%a*):')
  if last and tonumber(last) == round and (seat == '0' and a or b) == hand then return 'same' end
  if match.status == 'finished' then return 'match_finished' end
  if round ~= tonumber(match.round) then return 'stale_round' end
  local stored = match['move' .. seat]
  if stored == hand then return 'same' end
  if stored ~= '' then return 'already_moved' end
  if now >= tonumber(match.deadlineAt) then return 'stale_round' end
  if match[seat == '0' and 'move1' or 'move0'] == '' then
    store(match, { ['move' .. seat] = hand })
  else
    match['move' .. seat] = hand
    decide(match, 'moves')
  end
  announce(match)
  return 'ok'
end

local replies = { now, '' }
for i = 1, #KEYS, 3 do
  MATCH, DUE, OUTBOX = KEYS[i], KEYS[i + 1], KEYS[i + 2]
  local match = load_needed()
  replies[#replies + 1] = match and move(match, ARGV[i], tonumber(ARGV[i + 1]), ARGV[i + 2]) or 'match_not_found'
  replies[#replies + 1] = match and varying(match) or ''
end
replies[2] = tell()
return replies
