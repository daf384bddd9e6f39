-- The twin of gcra.h: the same numbers, in Redis. State: TAT in ticks, and the fraction of one.
twins.gcra = function(limit, now, cost, tat, fraction)
  local debt = 0
  if tat and tat >= now and tat <= now + 2 * limit.horizon then debt = (tat - now) * limit.per_tick + fraction end

  local fits = cost <= limit.burst and debt + cost * limit.per_token <= limit.capacity
  local allowed = fits or cost == 0
  if allowed then debt = debt + cost * limit.per_token end
  local function til(wanted)
    return math.ceil((debt + wanted * limit.per_token - limit.capacity) / limit.per_tick)
  end
  local remaining = math.floor(math.max(0, limit.capacity - debt) / limit.per_token)
  local retry = 0
  if not allowed and cost <= limit.burst then retry = til(cost) end
  local next, reset = 0, 0
  if debt > 0 then next, reset = til(remaining + 1), til(limit.burst) end
  return allowed, remaining, retry, next, reset, now + math.floor(debt / limit.per_tick), debt % limit.per_tick
end
