-- Notes a pair that was not taken from the queue, so that a sweep completes it if its node dies.
-- ARGV: match id, pair as JSON without `at`, player
-- Reply: the pair as JSON
local pair = '{"at":' .. whole(now) .. ',' .. string.sub(ARGV[2], 2)
remove(ARGV[3])
redis.call('HSET', KEYS[4], ARGV[1], pair)
-- With a minus: no ticket returns to the queue.
redis.call('HSET', KEYS[5], ARGV[3], '-' .. ARGV[1])
return pair
