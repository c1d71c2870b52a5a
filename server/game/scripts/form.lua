-- Makes a match whose players are known and free, in one step: what `create`, the claims of both and `join` come to. Only
-- where one script may touch the keys of matches and of players, which lie in different slots.
-- KEYS[4] ...  string  where each player is, but for bots
-- ARGV: second seat (player id, player as JSON, connection, bot), what those keys get, their ms to live, for each of them
--       what may stand there ('' for nothing), then field, value, ... of the match
-- Reply elsewhere: nothing changed; the match exists already, or a player may be in another.
local claims = #KEYS - 3
if redis.call('EXISTS', MATCH) == 1 then return reply('elsewhere') end
for i = 1, claims do
  local place = redis.call('GET', KEYS[3 + i])
  if place and place ~= ARGV[6 + i] then return reply('elsewhere') end
end
for i = 1, claims do redis.call('SET', KEYS[3 + i], ARGV[5], 'PX', ARGV[6]) end
local match = new_match(7 + claims)
-- As many versions as there would have been step by step.
match.version = 1
match.id1, match.player1, match.conn1, match.bot1 = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
begin(match, match)
return reply('ok', match)
