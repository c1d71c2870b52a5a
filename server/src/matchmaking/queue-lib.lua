-- Shared by every script of the queue; the loader puts it in front of each.
--
-- One queue for each mode, in one hash slot:
-- KEYS[1] hash  player -> ticket as JSON (player, connection, bestOf, last, since)
-- KEYS[2] zset  player -> last heartbeat, ms
-- KEYS[3] zset  player -> since when they wait, ms
-- KEYS[4] hash  match id -> pair as JSON: its match is being made
-- KEYS[5] hash  player -> match id of the pair that they are in; with a minus before it if they have withdrawn meanwhile, or did not come
--               from the queue; with a plus if they have asked again after that, followed by | and the ticket with which they asked
-- KEYS[6] prefix of keys: with the terms of a ticket, a zset  player -> rating of the players who wait on these terms
--
-- Invariants: a player has one ticket, or is in one pair, or neither. A player who withdrew gets no ticket back; a player who asked again
-- has one if the match does not come about, whatever happened while it was being made. A ticket without a heartbeat for its time to live
-- is never paired. Two players are paired only if their ratings lie within the window of the one who looks, which widens while they wait.

local NEIGHBOURS = 4

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

-- The match of an entry of KEYS[5].
local function bare(entry) return string.match(entry, '^[-+]?([^|]*)') end
-- The ticket with which the player has asked since they withdrew, as JSON; nil if they have not.
local function again_of(entry) return string.match(entry, '^%+[^|]*|(.*)$') end

local function whole(number) return string.format('%.0f', number) end

local function ratings_of(terms) return KEYS[6] .. terms end

-- Tickets are written by one encoder; terms are digits, letters and a colon.
local function terms_of(text) return string.match(text, '"terms":"([^"]*)"') end

-- `text`: the player's ticket, if the caller has read it.
local function remove(player, text)
  text = text or redis.call('HGET', KEYS[1], player)
  if text then redis.call('ZREM', ratings_of(terms_of(text)), player) end
  redis.call('HDEL', KEYS[1], player)
  redis.call('ZREM', KEYS[2], player)
  redis.call('ZREM', KEYS[3], player)
end

-- Removes two tickets as a pair. `one` has waited longer and gets seat 0. `two_stored`: the ticket of `two` as the queue holds it, nil if
-- it holds none and nothing has to be removed.
local function pair_up(match, mode, bestOf, one, one_text, two, two_text, two_stored)
  remove(one, one_text)
  if two then
    if two_stored then remove(two, two_stored) end
    redis.call('HSET', KEYS[5], one, match, two, match)
  else
    redis.call('HSET', KEYS[5], one, match)
  end
  local pair = '{"match":"' .. match .. '","queue":"' .. mode .. '","mode":"' .. mode .. '","bestOf":' .. bestOf ..
    ',"at":' .. whole(now) .. ',"tickets":[' .. one_text .. ',' .. two_text .. ']}'
  redis.call('HSET', KEYS[4], match, pair)
  return pair
end

-- The nearest rating within the windows of both players; the last opponent only if there is no other. `options`: stale (heartbeats up to it
-- are dead), base and growth of the window, avoid ('1' or '').
local function partner(player, ticket, since, options)
  local key = ratings_of(ticket.terms)
  local rating = ticket.player.rating
  local window = options.base + options.growth * (now - since) / 1000
  local best, best_distance, fallback
  for _, up in ipairs({ true, false }) do
    local range
    if up then
      range = redis.call('ZRANGE', key, rating, rating + window, 'BYSCORE', 'LIMIT', 0, NEIGHBOURS, 'WITHSCORES')
    else
      range = redis.call('ZRANGE', key, rating, rating - window, 'BYSCORE', 'REV', 'LIMIT', 0, NEIGHBOURS, 'WITHSCORES')
    end
    for i = 1, #range, 2 do
      local other, distance = range[i], math.abs(range[i + 1] - rating)
      if other ~= player then
        if tonumber(redis.call('ZSCORE', KEYS[2], other) or 0) <= options.stale then
          remove(other)
          redis.call('ZREM', key, other)
        elseif options.avoid == '1' and other == ticket.last then
          fallback = other
        elseif not best or distance < best_distance then
          best, best_distance = other, distance
        end
      end
    end
  end
  return best or fallback
end
