-- Closes a waiting room, forfeits a running match; after the end it takes back the wish for a rematch, or
-- is no fault (same).
-- ARGV: player id
local match = load()
if not match then return reply('match_not_found') end
local seat = seat_of(match, ARGV[1])
if not seat then return reply('not_your_match', match) end
if match.status == 'finished' then
  if match['again' .. seat] ~= '1' or match.next ~= '' then return reply('same', match) end
  store(match, { ['again' .. seat] = '' })
  return reply('ok', match)
end
if match.status == 'waiting' then
  finish(match, {}, '', '')
else
  finish(match, {}, seat == '0' and '1' or '0', 'forfeit')
end
return reply('ok', match)
