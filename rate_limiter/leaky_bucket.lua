-- The twin of leaky_bucket.h: the same numbers, in Redis. State: level in units, when.
twins.leaky_bucket = function(limit, now, cost, level, at)
  if not level or at > now + limit.horizon then level, at = 0, 0 end
  local seen = math.max(now, at)
  local elapsed = math.min(seen - at, limit.horizon)
  level = math.max(0, level - elapsed * limit.per_tick)

  local allowed = cost <= limit.burst and level + cost * limit.per_token <= limit.capacity
  if allowed then level = level + cost * limit.per_token end
  local function til(wanted)
    return seen - now + math.ceil((level + wanted * limit.per_token - limit.capacity) / limit.per_tick)
  end
  local remaining = math.floor((limit.capacity - level) / limit.per_token)
  local retry = 0
  if not allowed and cost <= limit.burst then retry = til(cost) end
  local next, reset = 0, 0
  if level > 0 then next, reset = til(remaining + 1), til(limit.burst) end
  return allowed, remaining, retry, next, reset, level, seen
end
