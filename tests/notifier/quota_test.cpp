// The property that the whole thing is for: no window of the period holds more than the quota.

#include "notifier/quota.h"

#include <deque>

#include "common/random.h"
#include "tests/support/catch.h"

using namespace notifier;
using namespace std::chrono_literals;

TEST_CASE("no window of a minute holds more than the quota, even if each message comes a slack later") {
  for (const std::int64_t count : {4LL, 60LL, 600LL, 600'000LL}) {
    const Quota quota{count, 1min};
    common::SeededRandom random(3);
    common::TimePoint now{1'750'000'000s};
    common::TimePoint arrival{};
    std::deque<std::pair<common::TimePoint, std::int64_t>> arrived;  // within the last minute
    std::int64_t in_window = 0;
    std::int64_t most = 0;
    std::int64_t all = 0;
    const auto begin = now;
    while (now < begin + 5min) {
      const auto wanted = static_cast<std::int64_t>(1 + random.below(static_cast<std::uint64_t>(quota.chunk())));
      const bool critical = random.below(3) == 0;
      const auto grant = take(quota, arrival, wanted, critical, now);
      if (grant.wait.count() > 0) {
        now += std::chrono::ceil<std::chrono::microseconds>(grant.wait);
        continue;
      }
      arrival = grant.arrival;
      all += wanted;
      // The first of a burst late, the last in time: the worst that slack allows.
      const auto late = random.below(2) == 0 ? quota.slack() : common::Duration{0};
      const auto at = now + std::chrono::duration_cast<std::chrono::microseconds>(late);
      arrived.emplace_back(at, wanted);
      in_window += wanted;
      while (!arrived.empty() && arrived.front().first <= at - 1min) {
        in_window -= arrived.front().second;
        arrived.pop_front();
      }
      most = std::max(most, in_window);
    }
    CHECK(most <= count);
    CHECK(all >= count * 5 * (count < 100 ? 40 : 95) / 100);  // and it is not much below it
  }
}

TEST_CASE("bulk leaves half of the burst to what is critical") {
  const Quota quota{600, 1min};
  const common::TimePoint now{1'750'000'000s};
  common::TimePoint arrival{};
  for (int i = 0; i < 1000; ++i) {
    const auto grant = take(quota, arrival, quota.chunk(), false, now);
    if (grant.wait.count() > 0) break;
    arrival = grant.arrival;
  }
  CHECK(take(quota, arrival, 1, false, now).wait > 0s);
  CHECK(take(quota, arrival, 1, true, now).wait == 0s);
}

TEST_CASE("ten million at FCM's quota take at least 16 min 40 s, and here 17 min 22 s") {
  const Quota fcm{600'000, 1min};
  CHECK(10'000'000 / 10'000 == 1000);  // seconds at 600,000 a minute
  CHECK(std::chrono::round<std::chrono::seconds>(time_for(fcm, 10'000'000)) == 1042s);
}
