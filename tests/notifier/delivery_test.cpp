#include "notifier/delivery.h"
#include "tests/support/catch.h"

using namespace notifier;
using namespace std::chrono_literals;

namespace {

const common::TimePoint now{std::chrono::seconds{1'750'000'000}};

Decision after(Outcome::Kind kind, std::uint32_t attempt, RetryPolicy policy = {},
               std::optional<common::Duration> wait = {}) {
  common::SeededRandom random(1);
  const Outcome outcome{.kind = kind, .reason = {}, .retry_after = wait};
  return decide(outcome, attempt, policy, now, random);
}

}  // namespace

TEST_CASE("a row goes only where its life leads") {
  CHECK(may_follow(State::planned, State::attempting));
  CHECK(may_follow(State::planned, State::cancelled));
  CHECK(may_follow(State::attempting, State::retrying));
  CHECK(may_follow(State::retrying, State::attempting));
  CHECK(may_follow(State::ambiguous, State::attempting));
  CHECK(may_follow(State::failed, State::attempting));  // redriven
  CHECK_FALSE(may_follow(State::planned, State::delivered));
  CHECK_FALSE(may_follow(State::attempting, State::cancelled));
  for (const State last : {State::delivered, State::suppressed, State::expired, State::cancelled}) {
    CHECK(is_final(last));
    for (std::size_t to = 0; to < state_count; ++to)
      CHECK_FALSE(may_follow(last, static_cast<State>(to)));
  }
}

TEST_CASE("what a provider says decides what becomes of an attempt") {
  CHECK(after(Outcome::Kind::accepted, 1).state == State::delivered);
  CHECK(after(Outcome::Kind::rejected, 1).state == State::failed);
  CHECK(after(Outcome::Kind::deferred, 1).state == State::retrying);
  CHECK(after(Outcome::Kind::uncertain, 1).state == State::retrying);
}

TEST_CASE("after the last attempt a definite failure is failed, a doubtful one ambiguous") {
  const RetryPolicy policy{.attempts_max = 3};
  CHECK(after(Outcome::Kind::deferred, 2, policy).state == State::retrying);
  CHECK(after(Outcome::Kind::deferred, 3, policy).state == State::failed);
  CHECK(after(Outcome::Kind::uncertain, 3, policy).state == State::ambiguous);
}

TEST_CASE("where the policy is to drop, doubt is final at once") {
  const RetryPolicy policy{.ambiguous = AmbiguousPolicy::drop};
  CHECK(after(Outcome::Kind::uncertain, 1, policy).state == State::ambiguous);
  CHECK(after(Outcome::Kind::deferred, 1, policy).state == State::retrying);  // definite: may be tried again
}

TEST_CASE("waits are jittered below a doubling bound, and never shorter than the provider asked for") {
  const RetryPolicy policy{.attempts_max = 30, .backoff = {.base = 1s, .cap = 60s}};
  common::SeededRandom random(7);
  const Outcome outcome{.kind = Outcome::Kind::deferred};
  for (std::uint32_t attempt = 1; attempt < 20; ++attempt) {
    const auto wait = *decide(outcome, attempt, policy, now, random).next_at - now;
    CHECK(wait >= 0s);
    CHECK(wait <= std::min<std::chrono::seconds>(60s, 1s * (1 << std::min(attempt - 1, 10U))));
  }
  CHECK(*after(Outcome::Kind::deferred, 1, policy, 30s).next_at - now >= 30s);
}

TEST_CASE("ids grow with time") {
  const auto first = make_notification_id(now, ~0ULL);
  CHECK(make_notification_id(now + 1ms, 0) > first);
  CHECK(first > 0);
  CHECK(delivery_key(42, "ada", Channel::push) == "42:ada:push");
}
