// What is kept for looking at: the keys that are refused most, and the traces that explain shows.

#include "common/random.h"
#include "rate_limiter/explain.h"
#include "rate_limiter/top_keys.h"
#include "rate_limiter/trace_book.h"
#include "tests/support/catch.h"

using namespace rate_limiter;

TEST_CASE("a key that is refused often is among the top, whatever flood of others there is") {
  TopKeys top(16);
  common::SeededRandom random(1);
  std::uint64_t often = 0;
  for (int i = 0; i < 20'000; ++i) {
    if (random.below(10) == 0) {
      ++often;
      top.add("login", "culprit");
    } else {
      top.add("login", "once-" + std::to_string(i));
    }
  }
  const auto places = top.top(5);
  REQUIRE(places.size() == 5);
  CHECK(places[0].key == "culprit");
  CHECK(places[0].count >= often);
  CHECK(places[0].count - places[0].too_high_by <= often);
  CHECK(top.top(100).size() == 16);
}

TEST_CASE("few keys are counted exactly, each rule's apart") {
  TopKeys top(16);
  for (int i = 0; i < 3; ++i)
    top.add("login", "a");
  top.add("api", "a");
  const auto places = top.top(16);
  REQUIRE(places.size() == 2);
  CHECK(places[0].rule == "login");
  CHECK(places[0].count == 3);
  CHECK(places[0].too_high_by == 0);
  CHECK(places[1].count == 1);
}

TEST_CASE("a trace keeps the last arrivals, of the keys heard of last") {
  TraceBook book(2 * 800);  // a trace of three arrivals takes less than 800 bytes
  for (int i = 0; i < 5; ++i)
    book.add("login:x", "a", 3, {i, 1, true});
  const auto arrivals = book.of("login:x", "a");
  REQUIRE(arrivals.size() == 3);
  CHECK(arrivals.front().at == 2);
  CHECK(arrivals.back().at == 4);
  book.add("login:x", "b", 3, {9, 1, true});
  book.add("login:x", "a", 3, {10, 1, false});
  book.add("login:x", "c", 3, {11, 1, true});  // b was quiet longest
  CHECK(book.of("login:x", "b").empty());
  CHECK(book.of("login:x", "a").size() == 3);
  CHECK(book.of("login:y", "a").empty());
  book.forget("login:x", "a");
  CHECK(book.of("login:x", "a").empty());
}

TEST_CASE("traces take the bytes that they may, however many arrivals they keep") {
  constexpr std::size_t bytes_max = 1'000'000;
  TraceBook book(bytes_max);
  for (int key = 0; key < 200; ++key) {
    for (int i = 0; i < 1'000; ++i)
      book.add("login:x", "key-" + std::to_string(key), 1'000, {i, 1, true});
    CHECK(book.bytes() <= bytes_max);
  }
  CHECK(book.bytes() > bytes_max / 2);
  CHECK(book.of("login:x", "key-199").size() == 1'000);
  CHECK(book.of("login:x", "key-0").empty());
  for (int key = 0; key < 200; ++key)
    book.forget("login:x", "key-" + std::to_string(key));
  CHECK(book.bytes() == 0);
}

TEST_CASE("what is explained is what is decided, also after the clock has stepped back") {
  for (const auto& [algorithm, id, description] : algorithms) {
    const Limit limit = std::get<Limit>(make_limit(algorithm, 7, 10 * ticks_per_second));
    common::SeededRandom random(5);
    State state = fresh(limit);
    Ticks now = 1'750'000'000 * ticks_per_second;
    for (int i = 0; i < 20'000; ++i) {
      const auto step = static_cast<Ticks>(random.below(3 * ticks_per_second));
      now += random.below(10) == 0 ? -20 * step : step;
      const auto cost = static_cast<std::int64_t>(random.below(9));
      const Explanation explanation = explain(state, limit, now, cost);
      const Decision decision = check(state, limit, now, cost);
      REQUIRE(explanation.decision == decision);
      std::string lines;
      for (const auto& line : explanation.arithmetic)
        lines += line + "\n";
      INFO(id << " step " << i << " cost " << cost << "\n" << lines);
      REQUIRE((lines.find("-> allowed") == std::string::npos || decision.allowed));
      REQUIRE((lines.find("-> refused") == std::string::npos || !decision.allowed));
      REQUIRE((lines.find("-> ") != std::string::npos || cost > limit.burst));
    }
  }
}

TEST_CASE("what the others would say is what they say: their own code on the same arrivals") {
  const Limit limit = std::get<Limit>(make_limit(Algorithm::token_bucket, 10, 10 * ticks_per_second));
  constexpr Ticks border = 1'750'000'000 * ticks_per_second;
  std::vector<Arrival> arrivals;
  for (int i = 0; i < 50; ++i)
    arrivals.push_back({border - ticks_per_second + i * ticks_per_second / 10, 1, true});
  std::vector<std::pair<std::string, std::int64_t>> admitted;
  for (const auto& opinion : other_opinions(arrivals, limit, border + 4 * ticks_per_second, 1))
    admitted.emplace_back(to_string(opinion.algorithm), opinion.admitted);
  const std::vector<std::pair<std::string, std::int64_t>> expected{
      {"fixed_window", 20}, {"sliding_window_log", 10}, {"sliding_window_counter", 13},
      {"token_bucket", 14}, {"leaky_bucket", 14},       {"gcra", 14}};  // the study page's figure
  CHECK(admitted == expected);
}

TEST_CASE("an explanation's arithmetic ends as the decision does") {
  for (const auto& [algorithm, id, description] : algorithms) {
    const Limit limit = std::get<Limit>(make_limit(algorithm, 7, 60 * ticks_per_second));
    State state = fresh(limit);
    Ticks now = 1'750'000'000 * ticks_per_second;
    common::SeededRandom random(5);
    for (int i = 0; i < 300; ++i) {
      now += static_cast<Ticks>(random.below(20 * ticks_per_second));
      const auto cost = static_cast<std::int64_t>(1 + random.below(8));
      const Explanation explanation = explain(state, limit, now, cost);
      const Decision decision = check(state, limit, now, cost);
      REQUIRE(explanation.decision == decision);
      std::string all;
      for (const auto& line : explanation.arithmetic)
        all += line + "\n";
      INFO(id << " cost " << cost << "\n" << all);
      if (cost <= 7) {
        REQUIRE((all.find("-> allowed") != std::string::npos) == decision.allowed);
        REQUIRE((all.find("-> refused") != std::string::npos) == !decision.allowed);
      } else {
        REQUIRE(all.find("no waiting helps") != std::string::npos);
      }
    }
  }
}

TEST_CASE("times are shown exactly") {
  CHECK(in_seconds(0) == "0 s");
  CHECK(in_seconds(12'000'000) == "12 s");
  CHECK(in_seconds(1'500) == "0.0015 s");
  CHECK(in_seconds(-1) == "-0.000001 s");
  CHECK(in_seconds(11'870'359) == "11.870359 s");
}
