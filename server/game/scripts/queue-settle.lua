-- Ends the making of a pair; tickets whose match did not come about go back to their old place, but for those of
-- players who have withdrawn: they may wait elsewhere by now.
-- ARGV: match id, player, player, then for each ticket that goes back: player, ticket as JSON
if redis.call('HDEL', KEYS[4], ARGV[1]) == 0 then return 0 end
local stays = {}
for i = 2, 3 do
  local match = redis.call('HGET', KEYS[5], ARGV[i])
  stays[ARGV[i]] = match == ARGV[1]
  if match == ARGV[1] or match == '-' .. ARGV[1] then redis.call('HDEL', KEYS[5], ARGV[i]) end
end
for i = 4, #ARGV, 2 do
  local player, ticket = ARGV[i], cjson.decode(ARGV[i + 1])
  if stays[player] then
    redis.call('HSET', KEYS[1], player, ARGV[i + 1])
    redis.call('ZADD', KEYS[2], now, player)
    redis.call('ZADD', KEYS[3], ticket.since, player)
    redis.call('ZADD', RATINGS[ticket.bestOf], ticket.player.rating, player)
  end
end
return 1
