#include "bench/core/statistics.h"

#include <algorithm>
#include <vector>

#include "common/random.h"
#include "tests/support/catch.h"

using bench::paired_ratio;
using bench::spread_of;

namespace {

std::vector<double> one_to(int n) {
  std::vector<double> values;
  for (int i = n; i >= 1; --i)
    values.push_back(i);
  return values;
}

}  // namespace

TEST_CASE("the median of an even number of rounds is the middle of the middle two") {
  REQUIRE(spread_of({4, 1, 3, 2}).median == testing::Approx(2.5));
  REQUIRE(spread_of({9, 1, 5}).median == testing::Approx(5));
  REQUIRE(spread_of({}).median == 0);
}

TEST_CASE("the spread is the whole range up to 8 rounds, and leaves out outliers beyond") {
  REQUIRE(spread_of(one_to(8)).low == 1);
  REQUIRE(spread_of(one_to(8)).high == 8);
  // The sign test's 95 % interval of the median: ranks 2..8 of 9, 3..10 of 12, 6..15 of 20.
  REQUIRE(spread_of(one_to(9)).low == 2);
  REQUIRE(spread_of(one_to(9)).high == 8);
  REQUIRE(spread_of(one_to(12)).low == 3);
  REQUIRE(spread_of(one_to(12)).high == 10);
  REQUIRE(spread_of(one_to(20)).low == 6);
  REQUIRE(spread_of(one_to(20)).high == 15);
  REQUIRE(spread_of({7}).low == 7);
  REQUIRE(spread_of({7}).high == 7);
}

TEST_CASE("ratios are taken within a round, so a slow round changes none") {
  const std::vector<double> baseline{10, 10, 30, 10, 10, 10};  // the third round was disturbed
  const std::vector<double> row{12, 12, 36, 12, 12, 12};
  const auto ratio = paired_ratio(row, baseline).value();
  REQUIRE(ratio.spread.median == testing::Approx(1.2));
  REQUIRE(ratio.spread.low == testing::Approx(1.2));
  REQUIRE(ratio.spread.high == testing::Approx(1.2));
  REQUIRE_FALSE(ratio.tie);
}

TEST_CASE("it is a tie when the spread covers 1.00 as printed") {
  const auto tie = [](const std::vector<double>& row) {
    return paired_ratio(row, std::vector<double>{1, 1, 1}).value().tie;
  };
  REQUIRE(tie({0.95, 1.02, 1.01}));
  REQUIRE(tie({1.004, 1.05, 1.06}));
  REQUIRE_FALSE(tie({1.006, 1.05, 1.06}));
  REQUIRE_FALSE(tie({0.80, 0.90, 0.99}));
}

TEST_CASE("rounds without a baseline are left out") {
  const auto ratio = paired_ratio(std::vector<double>{2, 5, 2}, std::vector<double>{1, 0, 1}).value();
  REQUIRE(ratio.spread.median == testing::Approx(2));
  REQUIRE(ratio.spread.high == testing::Approx(2));
}

TEST_CASE("there is no ratio to a baseline that was zero in every round") {
  REQUIRE_FALSE(paired_ratio(std::vector<double>{330, 331}, std::vector<double>{0, 0}).has_value());
  REQUIRE_FALSE(paired_ratio(std::vector<double>{0, 0}, std::vector<double>{0, 0}).has_value());
  REQUIRE_FALSE(paired_ratio({}, {}).has_value());
}

TEST_CASE("two identical systems are told apart in fewer than one run in twenty") {
  common::SeededRandom random(4);
  const auto noise = [&] { return 100 * (1 + 0.2 * (random.unit() - 0.5)); };
  for (const std::size_t rounds : {8u, 10u, 16u}) {
    int told_apart = 0;
    for (int run = 0; run < 2000; ++run) {
      std::vector<double> a(rounds);
      std::vector<double> b(rounds);
      std::generate(a.begin(), a.end(), noise);
      std::generate(b.begin(), b.end(), noise);
      told_apart += paired_ratio(a, b).value().tie ? 0 : 1;
    }
    INFO(rounds << " rounds");
    REQUIRE(told_apart < 2000 / 20);
  }
}
