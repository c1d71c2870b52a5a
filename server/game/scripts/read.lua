-- Reads a match together with the time.
local match = load()
if not match then return reply('match_not_found') end
return reply('same', match)
