#include "rate_limiter/explanation_json.h"

#include "common/text.h"

namespace rate_limiter {

namespace json = common::json;

namespace {

// In whole milliseconds; rounded up, or an instant of admission would be too early.
json::value time_text(Ticks ticks) {
  return json::string(common::format_rfc3339(common::TimePoint{std::chrono::milliseconds{ceil_div(ticks, 1'000)}}));
}

json::value in_ms(Ticks ticks) {
  if (ticks == Decision::never) return nullptr;
  return ceil_div(ticks, 1'000);
}

json::object to_json(const Decision& decision) {
  return {{"allowed", decision.allowed},
          {"reason", to_string(decision.reason)},
          {"remaining", decision.remaining},
          {"retryAfterMs", in_ms(decision.retry_after)},
          {"resetAfterMs", in_ms(decision.reset_after)}};
}

}  // namespace

json::object to_json(Asking& asking, std::size_t i, const Snapshot& snapshot, const std::vector<Arrival>& arrivals) {
  const Check& check = asking.checks()[i];
  const Limit& limit = check.limit->limit;
  const Explanation explanation = explain(snapshot.state, limit, snapshot.now, check.cost);

  json::object state;
  for (const auto& [name, value] : explanation.state)
    state[name] = value;
  json::array arithmetic;
  for (const auto& line : explanation.arithmetic)
    arithmetic.push_back(json::string(line));
  json::object out{{"rule", asking.rule(i).name},
                   {"key", common::replace_invalid_utf8(check.key)},
                   {"cost", check.cost},
                   {"algorithm", to_string(limit.algorithm)},
                   {"limit", limit.limit},
                   {"period", format_period(limit.period)},
                   {"burst", limit.burst},
                   {"mode", to_string(asking.rule(i).mode)},
                   {"now", time_text(snapshot.now)},
                   {"state", std::move(state)},
                   {"arithmetic", std::move(arithmetic)},
                   {"decision", to_json(explanation.decision)}};
  const Ticks wait = explanation.decision.retry_after;
  out["nextAdmissionAt"] = wait == Decision::never ? json::value(nullptr) : time_text(snapshot.now + wait);
  if (asking.rule(i).trace == 0) return out;

  json::array trace;
  for (const Arrival& arrival : arrivals) {
    trace.push_back(json::object{{"at", time_text(arrival.at)}, {"cost", arrival.cost}, {"allowed", arrival.allowed}});
  }
  json::array others;
  for (const OtherOpinion& opinion : other_opinions(arrivals, limit, snapshot.now, check.cost)) {
    json::array allowed;
    for (const bool each : opinion.allowed)
      allowed.push_back(each);
    others.push_back(json::object{{"algorithm", to_string(opinion.algorithm)},
                                  {"admitted", opinion.admitted},
                                  {"allowed", std::move(allowed)},
                                  {"now", to_json(opinion.now)}});
  }
  out["trace"] = std::move(trace);
  out["others"] = std::move(others);
  return out;
}

}  // namespace rate_limiter
