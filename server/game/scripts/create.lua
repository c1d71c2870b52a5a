-- Creates a waiting match with its first seat. Creating it again changes nothing (same).
-- ARGV: wait ms, then field, value, ... of what distinguishes this match from others
local existing = load()
if existing then return reply('same', existing) end
local match = new_match(2)
match.deadlineAt = now + ARGV[1]
store(match, match)
schedule(match, match.deadlineAt)
return reply('ok', match, true)
