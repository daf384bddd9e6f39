#include "bench/load/pacer.h"

#include <algorithm>

#include "bench/core/histogram.h"
#include "tests/support/catch.h"

using bench::Histogram;
using bench::load::Pacer;
using common::Duration;
using common::Instant;
using namespace std::chrono_literals;

namespace {

const Instant start{};

// A server with one connection that answers in 0.1 ms, except that it stands still for one second
// at 5 s: what would a load generator report? Time is simulated, so this is exact.
Histogram latencies_seen(Pacer pacer) {
  const Instant stall_begins = start + 5s;
  const Instant stall_ends = stall_begins + 1s;
  Histogram latencies;
  Instant now = start;
  while (!pacer.finished(now)) {
    if (!pacer.due(now)) {
      now = pacer.next();
      continue;
    }
    const Instant due = pacer.take(now);
    Instant answered = now + 100us;
    if (answered > stall_begins && answered < stall_ends) answered = stall_ends;
    now = answered;
    latencies.record(static_cast<std::uint64_t>((answered - due).count()));
  }
  return latencies;
}

double milliseconds(std::uint64_t nanoseconds) {
  return static_cast<double>(nanoseconds) / 1e6;
}

}  // namespace

TEST_CASE("an open loop sees a stall of one second that a closed loop hides (coordinated omission)") {
  // 1000 requests a second for 10 s. During the stall 1000 requests are due, a tenth of all: the
  // first waits 1 s, and the backlog then drains at 10,000 a second.
  const Histogram open = latencies_seen(Pacer::open_loop(start, 10s, 1000));
  REQUIRE(open.count() == 10'000);
  REQUIRE(milliseconds(open.percentile(50)) == testing::Approx(0.1).epsilon(0.01));
  REQUIRE(milliseconds(open.percentile(90)) > 50);
  REQUIRE(milliseconds(open.percentile(99)) > 850);
  REQUIRE(milliseconds(open.max()) == testing::Approx(1000).epsilon(0.01));

  // The closed loop sends one request into the stall, and calls its second an outlier.
  const Histogram closed = latencies_seen(Pacer::closed_loop(start, 10s));
  REQUIRE(closed.count() > 80'000);
  REQUIRE(milliseconds(closed.percentile(99)) == testing::Approx(0.1).epsilon(0.01));
  REQUIRE(milliseconds(closed.percentile(99.9)) == testing::Approx(0.1).epsilon(0.01));
  REQUIRE(milliseconds(closed.max()) > 900);
}

TEST_CASE("an open loop's requests are due at start + k / rate, whenever they are taken") {
  Pacer pacer = Pacer::open_loop(start, 1s, 4);
  REQUIRE(pacer.next() == start);
  REQUIRE(pacer.take(start + 700ms) == start);
  REQUIRE(pacer.take(start + 700ms) == start + 250ms);
  REQUIRE(pacer.due(start + 700ms));
  REQUIRE(pacer.take(start + 700ms) == start + 500ms);
  REQUIRE_FALSE(pacer.due(start + 700ms));
  REQUIRE(pacer.next() == start + 750ms);
  REQUIRE_FALSE(pacer.finished(start + 2s));  // one is still due, however late
  REQUIRE(pacer.take(start + 2s) == start + 750ms);
  REQUIRE(pacer.finished(start + 2s));
  REQUIRE_FALSE(pacer.due(start + 2s));
  REQUIRE(pacer.next() == Instant::max());
}

TEST_CASE("threads that share a rate interleave by their phase") {
  Pacer first = Pacer::open_loop(start, 1s, 2, 0);
  Pacer second = Pacer::open_loop(start, 1s, 2, 0.5);
  REQUIRE(first.take(start) == start);
  REQUIRE(second.take(start + 250ms) == start + 250ms);
  REQUIRE(first.next() == start + 500ms);
  REQUIRE(second.next() == start + 750ms);
}

TEST_CASE("rates that divide no second evenly do not drift") {
  Pacer pacer = Pacer::open_loop(start, 3s, 7777);
  Instant last = start;
  std::uint64_t taken = 0;
  for (; !pacer.finished(start + 1h); ++taken)
    last = pacer.take(start + 1h);
  REQUIRE(taken == 3 * 7777);
  const Duration expected{static_cast<std::int64_t>((3 * 7777 - 1) * 1e9 / 7777)};
  REQUIRE(std::abs((last - start - expected).count()) <= 1);
}

TEST_CASE("a closed loop is due until its end, and counts from the send") {
  Pacer pacer = Pacer::closed_loop(start, 1s);
  REQUIRE(pacer.due(start));
  REQUIRE(pacer.take(start + 10ms) == start + 10ms);
  REQUIRE(pacer.due(start + 999ms));
  REQUIRE_FALSE(pacer.due(start + 1s));
  REQUIRE(pacer.finished(start + 1s));
}
