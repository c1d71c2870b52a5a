-- Ends the making of a pair; tickets whose match did not come about go back to their old place.
-- ARGV: match id, player, player, then for each ticket that goes back: player, ticket as JSON
if redis.call('HDEL', KEYS[4], ARGV[1]) == 0 then return 0 end
redis.call('HDEL', KEYS[5], ARGV[2], ARGV[3])
for i = 4, #ARGV, 2 do
  local player, ticket = ARGV[i], cjson.decode(ARGV[i + 1])
  redis.call('HSET', KEYS[1], player, ARGV[i + 1])
  redis.call('ZADD', KEYS[2], now, player)
  redis.call('ZADD', KEYS[3], ticket.since, player)
  redis.call('ZADD', RATINGS[ticket.bestOf], ticket.player.rating, player)
end
return 1
