-- Bars a claim, so that its player may be claimed for another match: after this, a join with the same
-- token is refused however late it comes.
-- ARGV: player id, token
-- Reply in_match: the player is seated here and the match has not ended. ok: the claim is barred, or
-- there is nothing left to join.
local match = load()
if not match or match.status == 'finished' then return reply('ok', nil, true) end
if seat_of(match, ARGV[1]) then return reply('in_match', match) end
match.barred = match.barred .. ' ' .. ARGV[2] .. ' '
redis.call('HSET', MATCH, 'barred', match.barred)
return reply('ok', nil, true)
