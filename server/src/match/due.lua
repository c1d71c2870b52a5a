#!lua
-- Lists the matches of a shard in which something has been due for a while, by Redis TIME, and removes entries without a match. After the
-- clock of Redis has stepped back it also lists matches whose timers begin in the future: without a commit they would stay open too long.
-- KEYS: due (zset: match id -> when a timer ends, ms), clock (when the last call was, ms)
-- ARGV: grace in ms, how many at most, prefix of the match keys of this shard
-- Reply: match ids
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local clock = tonumber(redis.call('GET', KEYS[2]) or 0)
local stepped_back = clock > now
local found, unstarted = {}, false
for _, id in ipairs(redis.call('ZRANGE', KEYS[1], '-inf', stepped_back and '+inf' or now - ARGV[1], 'BYSCORE', 'LIMIT', 0,
  stepped_back and -1 or ARGV[2])) do
  local timers = redis.call('HGET', ARGV[3] .. id, 'timers')
  local wanted = timers and not stepped_back
  for _, timer in pairs(timers and stepped_back and cjson.decode(timers) or {}) do
    unstarted = unstarted or timer.start > now
    wanted = wanted or timer.start > now or (not timer.silent and timer.start + timer.ms <= now - ARGV[1])
  end
  if not timers then redis.call('ZREM', KEYS[1], id) elseif wanted and #found < tonumber(ARGV[2]) then found[#found + 1] = id end
end
-- Set back only once no timer begins in the future.
if clock < now - 200 or (stepped_back and not unstarted) then redis.call('SET', KEYS[2], string.format('%.0f', now)) end
return found
