-- The twin of sliding_window_log.h: the same numbers, in a sorted set of Redis. Score: when; member: the total so far,
-- in 16 digits so that members of one instant are in order too.
local function log_entry(key, rank)
  local found = redis.call('ZRANGE', key, rank, rank, 'WITHSCORES')
  return tonumber(found[1]), tonumber(found[2])
end

twins.sliding_window_log = function(limit, now, cost, key)
  local count = redis.call('ZCARD', key)
  local total, last = 0, now
  if count > 0 then
    total, last = log_entry(key, -1)
    if last > now + limit.horizon then count, total, last = 0, 0, now end
  end
  local at = math.max(now, last)
  local over, before = 0, 0
  if count > 0 then
    over = redis.call('ZCOUNT', key, '-inf', string.format('%.0f', at - limit.period))
    if over > 0 then before = log_entry(key, over - 1) end
  end

  local allowed = cost <= limit.limit - (total - before)
  if allowed then total = total + cost end
  local used = total - before
  local function til(wanted)
    local needed = total + wanted - limit.limit
    local low, high = over, count
    while low < high do
      local middle = math.floor((low + high) / 2)
      if log_entry(key, middle) < needed then low = middle + 1 else high = middle end
    end
    local when = at
    if low < count then local _, score = log_entry(key, low); when = score end
    return when + limit.period - now
  end
  local remaining = limit.limit - used
  local retry = 0
  if not allowed and cost <= limit.limit then retry = til(cost) end
  local next, reset = 0, 0
  if used > 0 then next, reset = til(remaining + 1), til(limit.limit) end
  return allowed, remaining, retry, next, reset, at, total, over, count
end

keepers.sliding_window_log = function(key, at, total, over, count)
  if count == 0 then redis.call('DEL', key) end
  if over > 1 then redis.call('ZREMRANGEBYRANK', key, 0, over - 2) end
  redis.call('ZADD', key, string.format('%.0f', at), string.format('%016.0f', total))
end
