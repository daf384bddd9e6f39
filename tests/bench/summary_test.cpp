#include "bench/core/summary.h"

#include "bench/core/table.h"
#include "tests/bench/example.h"
#include "tests/support/catch.h"

using bench::testing::Example;

TEST_CASE("ratios are to the first row, of the same round, with ties said") {
  const Example example;
  const auto summary = bench::summarise(example.outcome);
  REQUIRE_FALSE(summary.rows[0].ratio.has_value());
  REQUIRE(summary.rows[1].ratio->spread.median == testing::Approx(1.5));
  REQUIRE(summary.rows[1].ratio->spread.high == testing::Approx(1.5));
  REQUIRE_FALSE(summary.rows[1].ratio->tie);
  REQUIRE(summary.rows[2].ratio->tie);
  REQUIRE_FALSE(summary.rows[3].ratio.has_value());
}

TEST_CASE("an aim is an upper bound where lower is better, and a lower bound where higher is") {
  const Example lower;
  REQUIRE_FALSE(bench::summarise(lower.outcome).aims[0].met);
  const Example higher(bench::Better::higher);
  REQUIRE(bench::summarise(higher.outcome).aims[0].met);
}

TEST_CASE("an aim without a second row bounds the cost itself") {
  Example example;
  bench::Aim aim;
  aim.row = "dear";
  aim.bound = 15;
  example.comparison.aims = {aim, aim, aim};
  example.comparison.aims[1].bound = 14.9;
  example.comparison.aims[2].row = "nobody";
  const auto summary = bench::summarise(example.outcome);
  REQUIRE(summary.aims[0].cost->median == testing::Approx(15));
  REQUIRE(summary.aims[0].met);
  REQUIRE_FALSE(summary.aims[1].met);
  REQUIRE(summary.aims[2].judged() == nullptr);
  REQUIRE(bench::table(summary, "a machine").find("at most 14.90") != std::string::npos);
}

TEST_CASE("rounds disturbed by other programs are left out while five calm ones remain") {
  Example example;
  example.outcome.rows.pop_back();
  for (auto& one : example.outcome.rows)
    one.samples.push_back(one.samples.front());
  example.outcome.rows[1].samples.back().values["cost"] = 99;
  example.outcome.foreign_cores.push_back(0.9);
  const auto summary = bench::summarise(example.outcome);
  REQUIRE(summary.rounds_used == 5);
  REQUIRE(summary.rows[1].ratio->spread.high == testing::Approx(1.5));

  example.outcome.foreign_cores = {0.9, 0.9, 0.9, 0.9, 0, 0};
  const auto busy = bench::summarise(example.outcome);
  REQUIRE(busy.rounds_used == 6);
  REQUIRE(busy.warnings.size() >= 1);
  REQUIRE(busy.warnings[0].find("other programs kept 0.90 cores busy") == 0);
}

TEST_CASE("a smoke run says that it is one, and nothing to quote") {
  Example example;
  example.outcome.quick = true;
  const auto summary = bench::summarise(example.outcome);
  REQUIRE(summary.warnings == std::vector<std::string>{"smoke run, do not quote"});
  const std::string text = bench::table(summary, "a machine");
  REQUIRE(text.find("smoke run, do not quote") != std::string::npos);
  REQUIRE(text.find("On a machine") == std::string::npos);
}

TEST_CASE("the sentence names the machine, the cost and every other row") {
  const Example example;
  REQUIRE(bench::sentence(bench::summarise(example.outcome), "2 cores of X") ==
          "On 2 cores of X, dear 15.00 us per operation, 1.50x base (1.50..1.50), 1.50x same "
          "(1.49..1.52); medians of 5 interleaved rounds.");
}

// It said "330 taken, 0.00x permuted_counter" of generators that never repeat a code: the opposite of the truth.
TEST_CASE("to a row that cost nothing there is no ratio: its cost is said instead") {
  Example example;
  for (auto& sample : example.outcome.rows[0].samples)
    sample.values["cost"] = 0;
  const auto summary = bench::summarise(example.outcome);
  REQUIRE_FALSE(summary.rows[1].ratio.has_value());
  REQUIRE_FALSE(summary.aims[0].ratio.has_value());
  REQUIRE(bench::sentence(summary, "X") ==
          "On X, dear 15.00 us per operation, base 0.00, 1.50x same (1.49..1.52); medians of 5 interleaved rounds.");
  const std::string text = bench::table(summary, "X");
  REQUIRE(text.find("  base    0.00      -\n") != std::string::npos);
  REQUIRE(text.find("  dear   15.00      -\n") != std::string::npos);
  REQUIRE(text.find("0.00x") == std::string::npos);
  REQUIRE(text.find("aims") == std::string::npos);
}

TEST_CASE("the table shows cost, ratio, spread, tie, and why a row is missing") {
  const Example example;
  const std::string text = bench::table(bench::summarise(example.outcome), "a machine");
  REQUIRE(text.find("  base   10.00  1.00x") != std::string::npos);
  REQUIRE(text.find("  dear   15.00  1.50x  1.50..1.50") != std::string::npos);
  REQUIRE(text.find("  same   10.00  1.00x  0.99..1.01  tie") != std::string::npos);
  REQUIRE(text.find("absent skipped: needs redis") != std::string::npos);
  REQUIRE(text.find("dear to base  1.50x  1.50..1.50    at most 1.20x  missed") != std::string::npos);
}

TEST_CASE("numbers are printed with their thousands apart") {
  REQUIRE(bench::number(1234567, 0) == "1,234,567");
  REQUIRE(bench::number(999, 0) == "999");
  REQUIRE(bench::number(1000.5, 1) == "1,000.5");
  REQUIRE(bench::number(-1000, 0) == "-1,000");
  REQUIRE(bench::number(0.126, 2) == "0.13");
}
