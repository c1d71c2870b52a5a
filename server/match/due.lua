#!lua
-- Lists the matches of a shard that have had something due for so long, by Redis TIME; an entry without a match is removed.
-- After the clock of Redis has stepped back, matches whose timers begin in the future are listed too: without a commit they
-- would stay open too long.
-- KEYS: cq:{<shard>}:due
--       cq:{<shard>}:clock  the time of the last look, ms
-- ARGV: grace ms, how many at most, prefix of the match keys of this shard
-- Reply: match ids
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local limit = tonumber(ARGV[2])
local found = {}
local function look(ids, wanted)
  for _, id in ipairs(ids) do
    if #found >= limit then return end
    local timers = redis.call('HGET', ARGV[3] .. id, 'timers')
    if not timers then
      redis.call('ZREM', KEYS[1], id)
    elseif wanted(timers) then
      found[#found + 1] = id
    end
  end
end
look(redis.call('ZRANGE', KEYS[1], '-inf', now - ARGV[1], 'BYSCORE', 'LIMIT', 0, limit), function() return true end)
local clock = tonumber(redis.call('GET', KEYS[2]) or 0)
local before = #found
if clock > now then
  look(redis.call('ZRANGE', KEYS[1], '(' .. string.format('%.0f', now - ARGV[1]), '+inf', 'BYSCORE'), function(text)
    for _, timer in pairs(cjson.decode(text)) do
      if timer.start > now then return true end
    end
    return false
  end)
end
-- Set back only once nothing is left that begins in the future.
if clock < now - 200 or (clock > now and #found == before) then redis.call('SET', KEYS[2], string.format('%.0f', now)) end
return found
