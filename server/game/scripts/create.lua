-- Creates a waiting match with its first seat. Creating it again changes nothing (same).
-- ARGV: wait ms, then field, value, ... of the match (all but the times)
local existing = load()
if existing then return reply('same', existing) end
local match = {}
for i = 2, #ARGV, 2 do match[ARGV[i]] = ARGV[i + 1] end
match.version = 0
store(match, { deadlineAt = now + ARGV[1] })
local flat = {}
for field, value in pairs(match) do
  flat[#flat + 1] = field
  flat[#flat + 1] = value
end
redis.call('HSET', MATCH, unpack(flat))
schedule(match, match.deadlineAt)
return reply('ok', match, true)
