#include "notifier/delivery.h"

#include <algorithm>

namespace notifier {

std::string_view to_string(State state) noexcept {
  constexpr std::string_view names[state_count] = {"planned",    "attempting", "delivered", "retrying", "failed",
                                                   "suppressed", "expired",    "cancelled", "ambiguous"};
  return names[static_cast<std::size_t>(state)];
}

bool may_follow(State from, State to) noexcept {
  const bool not_sent = to == State::suppressed || to == State::expired || to == State::cancelled;
  switch (from) {
    case State::planned:
    case State::retrying:
      return to == State::attempting || not_sent;
    case State::attempting:
      return to == State::delivered || to == State::retrying || to == State::failed || to == State::ambiguous;
    case State::ambiguous:
    case State::failed:
      return to == State::attempting || not_sent;  // by policy, and by a person's redrive
    default:
      return false;
  }
}

Decision decide(const Outcome& outcome, std::uint32_t attempt, const RetryPolicy& policy, common::TimePoint now,
                common::Random& random) {
  if (outcome.kind == Outcome::Kind::accepted) return {State::delivered};
  if (outcome.kind == Outcome::Kind::rejected) return {State::failed};
  const bool uncertain = outcome.kind == Outcome::Kind::uncertain;
  if (uncertain && policy.ambiguous == AmbiguousPolicy::drop) return {State::ambiguous};
  if (attempt >= policy.attempts_max) return {uncertain ? State::ambiguous : State::failed};
  const auto jittered = common::full_jitter(attempt - 1, policy.backoff, random);
  const auto wait = std::max(jittered, outcome.retry_after.value_or(common::Duration{0}));
  return {State::retrying, now + std::chrono::ceil<std::chrono::microseconds>(wait)};
}

}  // namespace notifier
