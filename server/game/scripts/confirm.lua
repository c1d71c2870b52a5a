-- A waiting match stays open for this long from now: its owner has been claimed for it. Until then it is
-- open only for a moment, so that a node which dies in between leaves nothing behind.
-- ARGV: wait ms
local match = load()
if not match then return reply('match_not_found') end
if match.status == 'finished' then return reply('room_closed', match) end
if match.status == 'waiting' then
  match.deadlineAt = now + ARGV[1]
  redis.call('HSET', MATCH, 'deadlineAt', match.deadlineAt)
  schedule(match, match.deadlineAt)
end
return reply('same', match)
