-- Reads what is known of KEYS[1], and when. ARGV[1]: now, as in redis_check.lua; ARGV[2]: the algorithm.
-- Answers now, then the state's numbers; of a log: when and total, when and total, …
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
end
local answers = {string.format('%.0f', now)}
if ARGV[2] == 'sliding_window_log' then
  local found = redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
  for i = 1, #found, 2 do
    answers[#answers + 1] = found[i + 1]
    answers[#answers + 1] = found[i]
  end
else
  local held = redis.call('GET', KEYS[1])
  if held then
    for number in string.gmatch(held, '%d+') do answers[#answers + 1] = number end
  end
end
return answers
