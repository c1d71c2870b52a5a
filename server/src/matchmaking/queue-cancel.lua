-- Removes a ticket. While its match is being made, withdraws it: if the match comes about, the player is in it; if not, the ticket does not
-- return to the queue.
-- ARGV: player, connection that the ticket must belong to ('' for any), the time up to which it may have been accepted
-- Reply: 1 if there was such a ticket
local player, connection = ARGV[1], ARGV[2]
local function is_meant(ticket)
  return (connection == '' or ticket.connection == connection) and (ticket.acceptedAt or 0) <= tonumber(ARGV[3])
end

local text = redis.call('HGET', KEYS[1], player)
if text then
  if not is_meant(cjson.decode(text)) then return 0 end
  remove(player)
  return 1
end
local entry = redis.call('HGET', KEYS[5], player)
local match = entry and bare(entry)
local again = entry and again_of(entry)
if again and not is_meant(cjson.decode(again)) then return 0 end
local pair = match and redis.call('HGET', KEYS[4], match)
if not pair then return 0 end
for _, ticket in ipairs(cjson.decode(pair).tickets) do
  if ticket.player.id == player and is_meant(ticket) then
    redis.call('HSET', KEYS[5], player, '-' .. match)
    return 1
  end
end
return 0
