#include "rate_limiter/explain.h"

#include <algorithm>
#include <cstdlib>

namespace rate_limiter {
namespace {

std::string text(std::int64_t number) {
  return std::to_string(number);
}

// 1'500'000 -> "1.5"
std::string decimal(std::int64_t millionths) {
  const std::string sign = millionths < 0 ? "-" : "";
  millionths = std::abs(millionths);
  std::string digits = std::to_string(millionths % 1'000'000);
  digits.insert(0, 6 - digits.size(), '0');
  while (!digits.empty() && digits.back() == '0')
    digits.pop_back();
  return sign + std::to_string(millionths / 1'000'000) + (digits.empty() ? "" : "." + digits);
}

// Six digits behind the point; the rest is cut.
std::string in_tokens(std::int64_t units, const Limit& limit) {
  __extension__ using Wide = __int128;
  return decimal(static_cast<std::int64_t>(Wide{units} * 1'000'000 / limit.units_per_token));
}

std::string verdict(bool allowed) {
  return allowed ? " -> allowed" : " -> refused";
}

void explain_fixed_window(const State& state, const Limit& limit, Ticks now, std::int64_t cost, Explanation& out) {
  const auto& numbers = std::get<FixedState>(state);
  const Ticks at = std::max(now, numbers[0]);
  const Ticks start = at - at % limit.period;
  const std::int64_t used = start == numbers[0] ? numbers[1] : 0;
  out.state = {{"windowStartedAgo", in_seconds(now - start)}, {"used", text(used)}};
  out.arithmetic = {
      "the window lasts " + in_seconds(limit.period) + " and ends in " + in_seconds(start + limit.period - now),
      "used " + text(used) + " + cost " + text(cost) + " = " + text(used + cost) + ", limit " + text(limit.limit) +
          verdict(used + cost <= limit.limit)};
}

void explain_counter(const State& state, const Limit& limit, Ticks now, std::int64_t cost, Explanation& out) {
  const auto& numbers = std::get<FixedState>(state);
  const Ticks at = std::max(now, numbers[0]);
  const Ticks start = at - at % limit.period;
  const bool same = start == numbers[0];
  const std::int64_t current = same ? numbers[1] : 0;
  const std::int64_t previous = same ? numbers[2] : start == numbers[0] + limit.period ? numbers[1] : 0;
  const Ticks left = start + limit.period - at;
  const std::int64_t weighted = (previous * left + limit.period - 1) / limit.period;  // rounded up: what it blocks
  out.state = {{"windowStartedAgo", in_seconds(now - start)}, {"current", text(current)}, {"previous", text(previous)}};
  out.arithmetic = {
      "the last period reaches " + in_seconds(left) + " of " + in_seconds(limit.period) + " into the previous window",
      "previous " + text(previous) + " x " + in_seconds(left) + " / " + in_seconds(limit.period) + " = " +
          text(weighted) + " (rounded up)",
      text(weighted) + " + current " + text(current) + " + cost " + text(cost) + " = " +
          text(weighted + current + cost) + ", limit " + text(limit.limit) +
          verdict(weighted + current + cost <= limit.limit || cost == 0)};
}

void explain_log(const State& state, const Limit& limit, Ticks now, std::int64_t cost, Explanation& out) {
  const auto& log = std::get<Log>(state);
  const Ticks at = log.empty() ? now : std::max(now, log.back().at);
  const auto live = std::find_if(log.begin(), log.end(), [&](const auto& each) { return each.at > at - limit.period; });
  const std::int64_t before = live == log.begin() ? 0 : std::prev(live)->total;
  const std::int64_t used = log.empty() ? 0 : log.back().total - before;
  out.state = {{"admittedInPeriod", text(used)}, {"entries", text(log.end() - live)}};
  if (live != log.end()) out.state.emplace_back("oldestEndsIn", in_seconds(live->at + limit.period - now));
  out.arithmetic = {"admitted in the last " + in_seconds(limit.period) + ": " + text(used),
                    text(used) + " + cost " + text(cost) + " = " + text(used + cost) + ", limit " + text(limit.limit) +
                        verdict(used + cost <= limit.limit)};
}

void explain_token_bucket(const State& state, const Limit& limit, Ticks now, std::int64_t cost, Explanation& out) {
  const auto& numbers = std::get<FixedState>(state);
  const Ticks elapsed = std::min(std::max(now, numbers[1]) - numbers[1], limit.horizon);
  const std::int64_t came = elapsed * limit.units_per_tick;
  const std::int64_t tokens = std::min(limit.capacity, numbers[0] + came);
  out.state = {{"tokens", in_tokens(tokens, limit)}, {"burst", text(limit.burst)}};
  if (numbers[1] != 0) out.state.emplace_back("lastAdmissionAgo", in_seconds(now - numbers[1]));
  out.arithmetic = {in_tokens(numbers[0], limit) + " tokens were left; in " + in_seconds(elapsed) + " came " +
                        in_tokens(came, limit) + "; the bucket holds " + text(limit.burst) + " -> " +
                        in_tokens(tokens, limit),
                    "cost " + text(cost) + " of " + in_tokens(tokens, limit) +
                        verdict(cost <= limit.burst && cost * limit.units_per_token <= tokens)};
}

void explain_leaky_bucket(const State& state, const Limit& limit, Ticks now, std::int64_t cost, Explanation& out) {
  const auto& numbers = std::get<FixedState>(state);
  const Ticks elapsed = std::min(std::max(now, numbers[1]) - numbers[1], limit.horizon);
  const std::int64_t drained = std::min(numbers[0], elapsed * limit.units_per_tick);
  const std::int64_t level = numbers[0] - drained;
  out.state = {{"level", in_tokens(level, limit)}, {"capacity", text(limit.burst)}};
  out.arithmetic = {"the level was " + in_tokens(numbers[0], limit) + "; in " + in_seconds(elapsed) + " drained " +
                        in_tokens(drained, limit) + " -> " + in_tokens(level, limit),
                    in_tokens(level, limit) + " + cost " + text(cost) + ", capacity " + text(limit.burst) +
                        verdict(cost <= limit.burst && level + cost * limit.units_per_token <= limit.capacity)};
}

void explain_gcra(const State& state, const Limit& limit, Ticks now, std::int64_t cost, Explanation& out) {
  const auto& numbers = std::get<FixedState>(state);
  const std::int64_t debt = numbers[0] >= now && numbers[0] <= now + 2 * limit.horizon
                                ? (numbers[0] - now) * limit.units_per_tick + numbers[1]
                                : 0;
  const auto ticks = [&](std::int64_t units) { return in_seconds(ceil_div(units, limit.units_per_tick)); };
  const bool fits = cost <= limit.burst;
  out.state = {{"theoreticalArrivalTimeIn", ticks(debt)},
               {"emissionInterval", ticks(limit.units_per_token)},
               {"tolerance", ticks(limit.capacity)}};
  out.arithmetic = {"all that was admitted is paid for in " + ticks(debt) + "; each one costs " +
                    ticks(limit.units_per_token)};
  if (fits) {
    const std::int64_t then = debt + cost * limit.units_per_token;
    out.arithmetic.push_back(ticks(debt) + " + cost " + text(cost) + " x " + ticks(limit.units_per_token) + " = " +
                             ticks(then) + " ahead, at most " + ticks(limit.capacity) +
                             verdict(then <= limit.capacity || cost == 0));
  }
}

// Whether the algorithm looks at it: not when it comes from further in the future than any state can (Limit::horizon).
bool believed(const State& state, const Limit& limit, Ticks now) {
  if (const auto* log = std::get_if<Log>(&state)) return log->empty() || log->back().at <= now + limit.horizon;
  const auto& numbers = std::get<FixedState>(state);
  if (limit.algorithm == Algorithm::gcra) return numbers[0] <= now + 2 * limit.horizon;
  const bool bucket = limit.algorithm == Algorithm::token_bucket || limit.algorithm == Algorithm::leaky_bucket;
  return numbers[bucket ? 1 : 0] <= now + limit.horizon;
}

}  // namespace

std::string in_seconds(Ticks ticks) {
  return decimal(ticks) + " s";
}

Explanation explain(const State& found, const Limit& limit, Ticks now, std::int64_t cost) {
  Explanation out;
  const State state = believed(found, limit, now) ? found : fresh(limit);
  State copy = found;
  out.decision = check(copy, limit, now, cost);
  switch (limit.algorithm) {
    case Algorithm::fixed_window:
      explain_fixed_window(state, limit, now, cost, out);
      break;
    case Algorithm::sliding_window_log:
      explain_log(state, limit, now, cost, out);
      break;
    case Algorithm::sliding_window_counter:
      explain_counter(state, limit, now, cost, out);
      break;
    case Algorithm::token_bucket:
      explain_token_bucket(state, limit, now, cost, out);
      break;
    case Algorithm::leaky_bucket:
      explain_leaky_bucket(state, limit, now, cost, out);
      break;
    case Algorithm::gcra:
      explain_gcra(state, limit, now, cost, out);
      break;
  }
  if (cost > limit.burst) {
    out.arithmetic.push_back("cost " + text(cost) + " is above the capacity of " + text(limit.burst) +
                             ": no waiting helps");
  } else if (!out.decision.allowed) {
    out.arithmetic.push_back("it fits in " + in_seconds(out.decision.retry_after) + ", and not a microsecond earlier");
  }
  return out;
}

std::vector<OtherOpinion> other_opinions(std::span<const Arrival> arrivals, const Limit& limit, Ticks now,
                                         std::int64_t cost) {
  std::vector<OtherOpinion> opinions;
  for (const auto& each : algorithms) {
    const auto burst = has_burst(each.algorithm) ? std::optional(limit.burst) : std::nullopt;
    const auto made = make_limit(each.algorithm, limit.limit, limit.period, burst);
    const auto* other = std::get_if<Limit>(&made);
    if (!other) continue;
    OtherOpinion opinion;
    opinion.algorithm = each.algorithm;
    State state = fresh(*other);
    for (const Arrival& arrival : arrivals) {
      const bool allowed = check(state, *other, arrival.at, arrival.cost).allowed;
      opinion.allowed.push_back(allowed);
      opinion.admitted += allowed ? arrival.cost : 0;
    }
    opinion.now = check(state, *other, now, cost);
    opinions.push_back(std::move(opinion));
  }
  return opinions;
}

}  // namespace rate_limiter
