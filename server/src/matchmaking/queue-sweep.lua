-- Looks again for those who wait longest, with their widened windows; removes tickets without a heartbeat;
-- gives a bot to who has waited long enough. One node at a time does it: the others get nothing.
-- KEYS[7] lock
-- ARGV: time to live ms, mode, window base, window growth per second, avoid, lock ms, tickets at most,
--       wait for a bot in ms ('' for none), the bot's ticket as JSON ('' for none), then match ids
-- Reply: pairs as JSON, as many as there are match ids at most
if not redis.call('SET', KEYS[7], '1', 'NX', 'PX', ARGV[6]) then return {} end
-- After the clock has stepped back nobody has entered, or was heard of, in the future: else they would wait so much longer for a wider
-- window or a bot, and their tickets would outlive them.
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
  -- He may have been paired with one before him in this very list.
  local text = redis.call('HGET', KEYS[1], player)
  -- Not one whose connection is gone.
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
