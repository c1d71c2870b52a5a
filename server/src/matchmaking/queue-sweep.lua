-- Pairs the players who have waited longest, by their windows, which have widened; removes tickets without a heartbeat; pairs players who
-- have waited long enough with a bot. One node at a time does this: the others get an empty reply.
-- KEYS[7] lock
-- ARGV: time to live ms, mode, window base, window growth per second, avoid, lock ms, tickets at most,
--       wait for a bot in ms ('' for none), the bot's ticket as JSON ('' for none), then match ids
-- Reply: pairs as JSON, as many as there are match ids at most
if not redis.call('SET', KEYS[7], '1', 'NX', 'PX', ARGV[6]) then return {} end
-- After the clock has stepped back, no ticket may have been entered or renewed in the future: its player would wait that much longer for a
-- wider window or a bot, and the ticket would outlive them.
for _, key in ipairs({ KEYS[2], KEYS[3] }) do
  for _, player in ipairs(redis.call('ZRANGE', key, '(' .. whole(now), '+inf', 'BYSCORE')) do redis.call('ZADD', key, now, player) end
end
local options = { stale = now - ARGV[1], base = tonumber(ARGV[3]), growth = tonumber(ARGV[4]), avoid = ARGV[5] }
for _, dead in ipairs(redis.call('ZRANGE', KEYS[2], '-inf', options.stale, 'BYSCORE', 'LIMIT', 0, 1000)) do remove(dead) end
local made = {}
local waiting = redis.call('ZRANGE', KEYS[3], 0, ARGV[7] - 1, 'WITHSCORES')
for i = 1, #waiting, 2 do
  if #made >= #ARGV - 9 then break end
  local player, since = waiting[i], tonumber(waiting[i + 1])
  -- An earlier player of this list may have been paired with this one.
  local text = redis.call('HGET', KEYS[1], player)
  -- Not a ticket whose connection is gone.
  if text and redis.call('ZSCORE', ratings_of(terms_of(text)), player) then
    local ticket = cjson.decode(text)
    local other = partner(player, ticket, since, options)
    local match = ARGV[10 + #made]
    if other then
      local other_text = redis.call('HGET', KEYS[1], other)
      made[#made + 1] = pair_up(match, ARGV[2], ticket.bestOf, player, text, other, other_text, other_text)
    elseif ARGV[8] ~= '' and now - since >= tonumber(ARGV[8]) then
      made[#made + 1] = pair_up(match, ARGV[2], ticket.bestOf, player, text, nil, ARGV[9])
    end
  end
end
return made
