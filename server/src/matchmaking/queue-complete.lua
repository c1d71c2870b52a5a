-- Completes the making of a pair. If the match did not come about, tickets return to their old place, except those of players who have
-- withdrawn: they may wait elsewhere by now. A ticket whose connection is gone keeps its place and its time to live, and is not paired
-- until another connection adopts it.
-- ARGV: match id, '1' if the match came about or '', JSON: free (players whose tickets return), gone (player -> connection)
local text = redis.call('HGET', KEYS[4], ARGV[1])
if not text then return 0 end
redis.call('HDEL', KEYS[4], ARGV[1])
local pair = cjson.decode(text)
if ARGV[2] == '1' then
  local players, done = {}, {}
  for _, ticket in ipairs(pair.tickets) do players[#players + 1] = ticket.player.id end
  for i, entry in ipairs(redis.call('HMGET', KEYS[5], unpack(players))) do
    if entry and bare(entry) == ARGV[1] then done[#done + 1] = players[i] end
  end
  if #done > 0 then redis.call('HDEL', KEYS[5], unpack(done)) end
  return 1
end
local outcome, free = cjson.decode(ARGV[3]), {}
for _, player in ipairs(outcome.free) do free[player] = true end
for _, ticket in ipairs(pair.tickets) do
  local player = ticket.player.id
  local entry = redis.call('HGET', KEYS[5], player)
  if entry and bare(entry) == ARGV[1] then
    redis.call('HDEL', KEYS[5], player)
    local again = again_of(entry)
    if again or (string.sub(entry, 1, 1) ~= '-' and (free[player] or outcome.gone[player])) then
      if again then ticket = cjson.decode(again) end
      redis.call('HSET', KEYS[1], player, again or cjson.encode(ticket))
      redis.call('ZADD', KEYS[2], now, player)
      redis.call('ZADD', KEYS[3], ticket.since, player)
      -- Another connection may have adopted the ticket meanwhile.
      if outcome.gone[player] ~= ticket.connection then redis.call('ZADD', ratings_of(ticket.terms), ticket.player.rating, player) end
    end
  end
end
return 1
