-- The twin of token_bucket.h: the same numbers, in Redis. State: tokens in units, when.
twins.token_bucket = function(limit, now, cost, tokens, at)
  if not tokens or at > now + limit.horizon then tokens, at = limit.capacity, 0 end
  local seen = math.max(now, at)
  local elapsed = math.min(seen - at, limit.horizon)
  tokens = math.min(limit.capacity, tokens + elapsed * limit.per_tick)

  local allowed = cost <= limit.burst and cost * limit.per_token <= tokens
  if allowed then tokens = tokens - cost * limit.per_token end
  local function til(wanted) return seen - now + math.ceil((wanted - tokens) / limit.per_tick) end
  local remaining = math.floor(tokens / limit.per_token)
  local retry = 0
  if not allowed and cost <= limit.burst then retry = til(cost * limit.per_token) end
  local next, reset = 0, 0
  if tokens < limit.capacity then
    next, reset = til((remaining + 1) * limit.per_token), til(limit.capacity)
  end
  return allowed, remaining, retry, next, reset, tokens, seen
end
