-- Decides one or several checks in one step, with the twins of their algorithms.
--
-- KEYS     one for each check
-- ARGV[1]  now, in microseconds; empty: Redis' own clock. Given only by tests: then keys are kept for an hour.
-- ARGV     then for each check: algorithm limit period burst per_token per_tick capacity horizon cost most binding
--          `most` above the cost: takes as many as there are, at least `cost` and at most so many.
-- Answers  for each check: allowed (0 or 1), remaining, retry_after, next_after, reset_after, taken
--
-- When a binding check is refused none takes anything; then those that would have been allowed say what is left.
local fields = 11
local now = tonumber(ARGV[1])
local given = now
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
end

local plans, refused = {}, false
for i, key in ipairs(KEYS) do
  local from = 1 + (i - 1) * fields
  local algorithm = ARGV[from + 1]
  local limit = {
    limit = tonumber(ARGV[from + 2]), period = tonumber(ARGV[from + 3]), burst = tonumber(ARGV[from + 4]),
    per_token = tonumber(ARGV[from + 5]), per_tick = tonumber(ARGV[from + 6]), capacity = tonumber(ARGV[from + 7]),
    horizon = tonumber(ARGV[from + 8])}
  local cost, most = tonumber(ARGV[from + 9]), tonumber(ARGV[from + 10])
  local a, b, c
  if keepers[algorithm] then
    a = key
  else
    local held = redis.call('GET', key)
    if held then
      a, b, c = string.match(held, '^(%d+) (%d+) ?(%d*)$')
      a, b, c = tonumber(a), tonumber(b), tonumber(c)
    end
  end
  local function decide(wanted)
    local plan = {twins[algorithm](limit, now, wanted, a, b, c)}
    plan.taken, plan.algorithm = wanted, algorithm
    return plan
  end
  local plan = decide(most)
  if not plan[1] and most > cost then plan = decide(math.max(cost, plan[2])) end
  plan.peek = function() return decide(0) end
  if not plan[1] and ARGV[from + 11] == '1' then refused = true end
  plans[i] = plan
end

local answers = {}
for i, key in ipairs(KEYS) do
  local plan = plans[i]
  if plan[1] and plan.taken > 0 then
    if refused then
      plan = plan.peek()
    else
      local keeper = keepers[plan.algorithm]
      local life = given and 3600000 or math.ceil(plan[5] / 1000) + 1
      if keeper then
        keeper(key, plan[6], plan[7], plan[8], plan[9])
        redis.call('PEXPIRE', key, life)
      elseif plan[8] then
        redis.call('SET', key, string.format('%.0f %.0f %.0f', plan[6], plan[7], plan[8]), 'PX', life)
      else
        redis.call('SET', key, string.format('%.0f %.0f', plan[6], plan[7]), 'PX', life)
      end
    end
  end
  local taken = plan[1] and plan.taken or 0
  for _, number in ipairs({plan[1] and 1 or 0, plan[2], plan[3], plan[4], plan[5], taken}) do
    answers[#answers + 1] = number
  end
end
return answers
