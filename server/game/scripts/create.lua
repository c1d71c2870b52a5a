-- Creates a waiting match with its first seat. Creating it again changes nothing (same).
-- ARGV: wait ms, then field, value, ... of what distinguishes this match from others
local existing = load()
if existing then return reply('same', existing) end
local match = { status = 'waiting', round = 0, score0 = 0, score1 = 0, missed0 = 0, missed1 = 0, id1 = '', barred = '' }
for _, fields in ipairs({ VARYING, FIXED }) do
  for _, field in ipairs(fields) do match[field] = match[field] or '' end
end
for i = 2, #ARGV, 2 do match[ARGV[i]] = ARGV[i + 1] end
match.version = 0
match.deadlineAt = now + ARGV[1]
store(match, match)
schedule(match, match.deadlineAt)
return reply('ok', match, true)
