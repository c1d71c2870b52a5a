-- Reads a ticket that has a heartbeat. ARGV: player, time to live ms   Reply: ticket as JSON, or nil.
local beat = redis.call('ZSCORE', KEYS[2], ARGV[1])
if not beat or tonumber(beat) <= now - ARGV[2] then return nil end
return redis.call('HGET', KEYS[1], ARGV[1])
