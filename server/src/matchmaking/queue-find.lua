-- Looks for a partner. If there is none, stores the ticket or refreshes it: repeating this call is the ticket's heartbeat.
-- ARGV: player, ticket as JSON (without since), match id for a pair, time to live ms, mode,
--       window base, window growth per second, avoid the last opponent ('1' or '')
-- Reply: {'pair', pair} | {'pairing'} | {'queued'} | {'replaced'}, if a later connection of the player waits
local player = ARGV[1]

-- When the player of a pair entered the queue; now, if they did not come from the queue.
local function since_of_pair(match, player)
  local pair = redis.call('HGET', KEYS[4], match)
  for _, ticket in ipairs(pair and cjson.decode(pair).tickets or {}) do
    if ticket.player.id == player and ticket.since > 0 then return ticket.since end
  end
  return now
end

local pairing = redis.call('HGET', KEYS[5], player)
if pairing then
  local again = again_of(pairing)
  if again or string.sub(pairing, 1, 1) == '-' then
    local since = again and cjson.decode(again).since or since_of_pair(bare(pairing), player)
    redis.call('HSET', KEYS[5], player, '+' .. bare(pairing) .. '|{"since":' .. whole(since) .. ',' .. string.sub(ARGV[2], 2))
  end
  return { 'pairing' }
end
local ticket = cjson.decode(ARGV[2])
local before = redis.call('HGET', KEYS[1], player)
if before and (cjson.decode(before).acceptedAt or 0) > ticket.acceptedAt then return { 'replaced' } end
-- The clock may have stepped back.
local since = before and math.min(now, tonumber(redis.call('ZSCORE', KEYS[3], player) or now)) or now
local text = '{"since":' .. whole(since) .. ',' .. string.sub(ARGV[2], 2)
local other = partner(player, ticket, since,
  { stale = now - ARGV[4], base = tonumber(ARGV[6]), growth = tonumber(ARGV[7]), avoid = ARGV[8] })
if other then
  return { 'pair', pair_up(ARGV[3], ARGV[5], ticket.bestOf, other, redis.call('HGET', KEYS[1], other), player, text, before) }
end
if before and terms_of(before) ~= ticket.terms then redis.call('ZREM', ratings_of(terms_of(before)), player) end
redis.call('HSET', KEYS[1], player, text)
redis.call('ZADD', KEYS[2], now, player)
redis.call('ZADD', KEYS[3], since, player)
redis.call('ZADD', ratings_of(ticket.terms), ticket.player.rating, player)
return { 'queued' }
