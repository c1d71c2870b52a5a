-- Reads a match for somebody without a seat, and remembers that views have to go to spectators too.
local match = load()
if not match then return reply('match_not_found') end
if match.watched ~= '1' then
  match.watched = '1'
  redis.call('HSET', MATCH, 'watched', '1')
end
return reply('same', match)
