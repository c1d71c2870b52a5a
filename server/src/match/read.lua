#!lua flags=no-writes
-- Reads matches together with the time.
-- KEYS: matches
-- Reply, alternating names and values: now; entries: for each match the names and values of its fields, none if there is no match.
local time = redis.call('TIME')
local entries = {}
for i, key in ipairs(KEYS) do entries[i] = redis.call('HGETALL', key) end
return { 'now', time[1] * 1000 + math.floor(time[2] / 1000), 'entries', entries }
