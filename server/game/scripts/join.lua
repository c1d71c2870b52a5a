-- Takes the second seat and opens round 1.
-- ARGV: player id, player as JSON, connection, bot ('1' or ''), token of the claim
local match = load()
if not match then return reply('match_not_found') end
if match.status == 'finished' and match.startedAt == '' then return reply('room_closed', match) end
if seat_of(match, ARGV[1]) then return reply('same', match) end
if match.status == 'finished' then return reply('room_closed', match) end
if match.status == 'playing' then return reply('room_full', match) end
if string.find(match.barred, ' ' .. ARGV[5] .. ' ', 1, true) then return reply('room_closed', match) end
begin(match, { id1 = ARGV[1], player1 = ARGV[2], conn1 = ARGV[3], bot1 = ARGV[4] })
return reply('ok', match)
