-- Does what is due: the move of a bot, the end of the round that is named, or (round 0) of a room that
-- nobody joined.
-- ARGV: round, the move that a bot would play
-- Reply: when it was due follows as the sixth element where a deadline was closed.
-- Any number of nodes may ask for the same round at any time: it is closed once, and never early.
local match = load()
if not match then return reply('match_not_found') end
if match.status == 'finished' or tonumber(ARGV[1]) ~= tonumber(match.round) then return reply('same', match) end
local deadline = match.deadlineAt
local late = now >= tonumber(deadline)
if match.bot1 == '1' and match.move1 == '' and match.botAt ~= '' and now >= tonumber(match.botAt) then
  if match.move0 == '' and not late then
    store(match, { move1 = ARGV[2] })
    schedule(match, deadline)
  else
    match.move1 = ARGV[2]
    decide(match, match.move0 == '' and 'timeout' or 'moves')
  end
  return reply('ok', match)
end
if not late then return reply('early', match) end
if match.status == 'waiting' then
  finish(match, {}, '', '')
else
  decide(match, 'timeout')
end
local closed = reply('ok', match)
closed[6] = deadline
return closed
