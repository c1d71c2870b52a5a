-- Takes a ticket out. Reply: 1 when there was one.
-- ARGV: player, connection that the ticket must belong to ('' for any)
local text = redis.call('HGET', KEYS[1], ARGV[1])
if not text then return 0 end
if ARGV[2] ~= '' and cjson.decode(text).connection ~= ARGV[2] then return 0 end
remove(ARGV[1])
return 1
