-- Asks for another match after the end. When both seats have asked, `next` gets the id of the match that
-- follows, and the match stands in the zset until somebody has made it (see rematched).
-- ARGV: player id, id for the next match
local match = load()
if not match then return reply('match_not_found') end
local seat = seat_of(match, ARGV[1])
if not seat then return reply('not_your_match', match) end
if match.status ~= 'finished' then return reply('match_running', match) end
if match.startedAt == '' then return reply('room_closed', match) end
if match['again' .. seat] == '1' or match.next ~= '' then return reply('same', match) end
match['again' .. seat] = '1'
if match.bot1 == '1' then match.again1 = '1' end
local fields = { again0 = match.again0, again1 = match.again1 }
if match.again0 == '1' and match.again1 == '1' then
  fields.next = ARGV[2]
  schedule(match, now)
end
store(match, fields)
redis.call('PEXPIRE', MATCH, match.retainMs)
return reply('ok', match)
