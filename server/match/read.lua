#!lua flags=no-writes
-- Reads matches as they are stored, together with the time.
-- KEYS: cq:{<shard>}:match:<id> ...
-- Reply, names and values in turn: now, entries: for each match names and values (token, version, status, state, setup, timers, at),
-- with an empty token if there is none.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local FIELDS = { 'token', 'version', 'status', 'state', 'setup', 'timers', 'at' }
local entries = {}
for i, key in ipairs(KEYS) do
  local values = redis.call('HMGET', key, unpack(FIELDS))
  local entry = {}
  for f, field in ipairs(FIELDS) do
    entry[#entry + 1] = field
    entry[#entry + 1] = values[f] or ''
  end
  entries[i] = entry
end
return { 'now', now, 'entries', entries }
