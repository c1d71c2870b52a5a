-- Gives the ticket of a player to another of their connections; or the ticket of a pair whose match is being made.
-- ARGV: player, connection, when it became the player's, ms
local function adopt(ticket)
  if (ticket.acceptedAt or 0) > tonumber(ARGV[3]) then return false end
  ticket.connection, ticket.acceptedAt = ARGV[2], tonumber(ARGV[3])
  return true
end

local text = redis.call('HGET', KEYS[1], ARGV[1])
if text then
  local ticket = cjson.decode(text)
  if not adopt(ticket) then return 0 end
  redis.call('HSET', KEYS[1], ARGV[1], cjson.encode(ticket))
  redis.call('ZADD', KEYS[2], now, ARGV[1])
  redis.call('ZADD', ratings_of(ticket.terms), ticket.player.rating, ARGV[1])
  return 1
end
local entry = redis.call('HGET', KEYS[5], ARGV[1])
local pair_text = entry and redis.call('HGET', KEYS[4], bare(entry))
if not pair_text then return 0 end
local again = again_of(entry) and cjson.decode(again_of(entry))
if again and adopt(again) then redis.call('HSET', KEYS[5], ARGV[1], '+' .. bare(entry) .. '|' .. cjson.encode(again)) end
local pair = cjson.decode(pair_text)
for _, ticket in ipairs(pair.tickets) do
  if ticket.player.id == ARGV[1] then adopt(ticket) end
end
redis.call('HSET', KEYS[4], bare(entry), cjson.encode(pair))
return 1
