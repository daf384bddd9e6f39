-- The twin of fixed_window.h: the same numbers, in Redis. State: start of the window, used.
twins.fixed_window = function(limit, now, cost, start, used)
  if not start or start > now + limit.horizon then start, used = 0, 0 end
  local at = math.max(now, start)
  local window = at - at % limit.period
  if window ~= start then used = 0 end

  local allowed = cost <= limit.limit - used
  if allowed then used = used + cost end
  local border = window + limit.period - now
  local reset = used == 0 and 0 or border
  return allowed, limit.limit - used, allowed and 0 or border, reset, reset, window, used
end
