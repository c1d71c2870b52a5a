-- The match that follows has been made, or never will be: nothing is due here any more.
local match = load()
if not match or match.status == 'finished' then redis.call('ZREM', DUE, ARGV[1]) end
return reply('same', match)
