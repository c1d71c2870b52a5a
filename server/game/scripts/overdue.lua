-- Lists what is overdue in one shard, by Redis TIME.
-- KEYS[1] cq:{<shard>}:due   ARGV: grace ms, how many at most, prefix of the match keys of this shard
-- Reply: {match id, round, ...}; an entry without a match is removed.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local found = {}
for _, id in ipairs(redis.call('ZRANGE', KEYS[1], '-inf', now - ARGV[1], 'BYSCORE', 'LIMIT', 0, ARGV[2])) do
  local round = redis.call('HGET', ARGV[3] .. id, 'round')
  if round then
    found[#found + 1] = id
    found[#found + 1] = round
  else
    redis.call('ZREM', KEYS[1], id)
  end
end
return found
