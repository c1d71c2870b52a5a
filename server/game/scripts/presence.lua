-- Says which socket plays a seat. A socket that was replaced cannot clear the flag of its successor.
-- ARGV: player id, connection, '1' for connected or '0' for gone
local match = load()
if not match then return reply('match_not_found') end
local seat = seat_of(match, ARGV[1])
if not seat then return reply('not_your_match', match) end
if match.status == 'finished' then return reply('same', match) end
local field = 'conn' .. seat
local current = match[field]
if ARGV[3] == '1' then
  if current == '' then
    store(match, { [field] = ARGV[2] })
    return reply('ok', match)
  end
  match[field] = ARGV[2]
  redis.call('HSET', MATCH, field, ARGV[2])
  return reply('same', match)
end
if current ~= ARGV[2] or current == '' then return reply('same', match) end
store(match, { [field] = '' })
return reply('ok', match)
