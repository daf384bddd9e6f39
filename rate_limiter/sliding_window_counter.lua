-- The twin of sliding_window_counter.h: the same numbers, in Redis. State: start of the window, current, previous.
twins.sliding_window_counter = function(limit, now, cost, start, current, previous)
  local most, period = limit.limit, limit.period
  if not start or start > now + limit.horizon then start, current, previous = 0, 0, 0 end
  local at = math.max(now, start)
  local window = at - at % period
  if window == start + period then
    current, previous = 0, current
  elseif window ~= start then
    current, previous = 0, 0
  end

  local function free()
    return math.floor(math.max(0, (most - current) * period - previous * (window + period - at)) / period)
  end
  local function free_at(wanted)
    local room = most - current - wanted
    if room >= 0 then return window + period - math.floor(room * period / previous) end
    return window + 2 * period - math.floor((most - wanted) * period / current)
  end

  local allowed = cost <= free()
  if allowed then current = current + cost end
  local remaining = free()
  local retry = 0
  if not allowed and cost <= most then retry = free_at(cost) - now end
  local next, reset = 0, 0
  if current > 0 or previous > 0 then
    local ends = window + (current > 0 and 2 or 1) * period
    next = (remaining < most and free_at(remaining + 1) or ends) - now
    reset = ends - now
  end
  return allowed, remaining, retry, next, reset, window, current, previous
end
