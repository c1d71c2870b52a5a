-- Stores a hidden move; the second one decides the round.
-- ARGV: player id, round, move
-- A move that is stored already, in the open round or in the last, is no fault (same): clients repeat
-- what they saw no acknowledgement for. After the deadline only `expire` closes the round.
local match = load()
if not match then return reply('match_not_found') end
local seat = seat_of(match, ARGV[1])
if not seat then return reply('not_your_match', match) end
if match.status == 'waiting' then return reply('match_not_playing', match) end
local round, move = tonumber(ARGV[2]), ARGV[3]
local last, a, b = string.match(match.lastRound, '^(%d+):(%a*):(%a*):')
if last and tonumber(last) == round and (seat == '0' and a or b) == move then return reply('same', match) end
if match.status == 'finished' then return reply('match_finished', match) end
if round ~= tonumber(match.round) then return reply('stale_round', match) end
local stored = match['move' .. seat]
if stored == move then return reply('same', match) end
if stored ~= '' then return reply('already_moved', match) end
if now >= tonumber(match.deadlineAt) then return reply('stale_round', match) end
if match[seat == '0' and 'move1' or 'move0'] == '' then
  store(match, { ['move' .. seat] = move })
else
  match['move' .. seat] = move
  decide(match, 'moves')
end
return reply('ok', match)
