// Rules as a file: what is taken, and that everything else is refused with file, line and reason.

#include "rate_limiter/rules_toml.h"

#include "tests/support/catch.h"

using namespace rate_limiter;

namespace {

constexpr Ticks minute = 60 * ticks_per_second;

std::vector<Rule> taken(std::string_view text) {
  auto rules = parse_rules(text, "rules.toml");
  if (rules.has_error()) throw std::runtime_error(rules.error().message);
  return std::move(*rules);
}

std::string refused(std::string_view text) {
  const auto rules = parse_rules(text, "rules.toml");
  return rules.has_error() ? rules.error().message : "";
}

// What is wrong with a rule of these lines, the first of them on line 2.
std::string refused_rule(const std::string& lines) {
  return refused("[[rule]]\n" + lines + "\n");
}

bool says(const std::string& message, std::string_view where, std::string_view what) {
  INFO(message);
  const bool right = message.starts_with("rules.toml:" + std::string(where) + ": ") &&
                     message.find(what) != std::string::npos && message.find('\n') == std::string::npos;
  CHECK(right);
  return right;
}

}  // namespace

TEST_CASE("a rule has its defaults: a token bucket that is as deep as its limit, enforced, without a trace") {
  const auto rules = taken("[[rule]]\nname = \"login\"\nlimit = 5\nperiod = \"1m\"\n");
  REQUIRE(rules.size() == 1);
  const Rule& rule = rules[0];
  CHECK(rule.name == "login");
  CHECK(rule.base.limit == std::get<Limit>(make_limit(Algorithm::token_bucket, 5, minute, 5)));
  CHECK(rule.mode == Mode::enforce);
  CHECK(rule.trace == 0);
  CHECK(rule.overrides.empty());
  CHECK(rule.base.policy == "\"login\";q=5;w=60");
}

TEST_CASE("every field of a rule is read") {
  const auto rules = taken(R"(
[[rule]]
name = "api"
algorithm = "gcra"
limit = 100
period = "250ms"
burst = 7
mode = "shadow"
trace = 12
[[rule.override]]
key = "partner"
limit = 1000
[[rule.override]]
key = "slow"
period = "1h"
burst = 2

[[rule]]
name = "log"
algorithm = "sliding_window_log"
limit = 3
period = "10s"
)");
  REQUIRE(rules.size() == 2);
  const Rule& api = rules[0];
  CHECK(api.base.limit == std::get<Limit>(make_limit(Algorithm::gcra, 100, 250'000, 7)));
  CHECK(api.mode == Mode::shadow);
  CHECK(api.trace == 12);
  CHECK(api.base.policy == "\"api\";q=100;w=1");
  CHECK(&api.limit_for("somebody") == &api.base);
  CHECK(api.limit_for("partner").limit == std::get<Limit>(make_limit(Algorithm::gcra, 1000, 250'000, 7)));
  CHECK(api.limit_for("slow").limit == std::get<Limit>(make_limit(Algorithm::gcra, 100, 60 * minute, 2)));
  CHECK(rules[1].base.limit.algorithm == Algorithm::sliding_window_log);
}

TEST_CASE("an override's burst is its own, or the rule's, or what it may take in a period where neither says") {
  const std::string rule = "[[rule]]\nname = \"a\"\nlimit = 5\nperiod = \"1m\"\n";
  const std::string more = "[[rule.override]]\nkey = \"k\"\nlimit = 500\n";
  const auto burst_of = [](const std::string& text) { return taken(text)[0].limit_for("k").limit.burst; };
  CHECK(burst_of(rule + more) == 500);
  CHECK(burst_of(rule + "burst = 20\n" + more) == 20);
  CHECK(burst_of(rule + "burst = 20\n" + more + "burst = 30\n") == 30);
}

TEST_CASE("a log that memory could not keep is refused, and the reason says what would help") {
  const std::string text = "[[rule]]\nname = \"a\"\nalgorithm = \"sliding_window_log\"\nlimit = 60\nperiod = \"1m\"\n";
  const auto rules = parse_rules(text, "rules.toml", 59);
  REQUIRE(rules.has_error());
  says(rules.error().message, "4", "must be at most 59 with sliding_window_log");
  CHECK(rules.error().message.find("--max-keys") != std::string::npos);
  CHECK(parse_rules(text, "rules.toml", 60).has_value());
  const auto overridden = parse_rules(text + "[[rule.override]]\nkey = \"k\"\nlimit = 61\n", "rules.toml", 60);
  REQUIRE(overridden.has_error());
  says(overridden.error().message, "8", "must be at most 60");
}

TEST_CASE("a file without rules is good") {
  CHECK(taken("").empty());
  CHECK(taken("# nothing yet\n").empty());
  CHECK(taken("rule = []\n").empty());
}

TEST_CASE("bad rules are refused with file, line and reason") {
  const std::string good = "name = \"a\"\nlimit = 5\nperiod = \"1m\"\n";
  says(refused_rule("name = \"a\"\nlimit = 5\nperiod = \"1m\"\nalgorithm = \"tokenbucket\""), "5",
       "'tokenbucket' is unknown; there are fixed_window, sliding_window_log, sliding_window_counter, token_bucket, "
       "leaky_bucket, gcra");
  says(refused_rule("name = \"a\"\nlimit = 0\nperiod = \"1m\""), "3", "rule 'a': limit must be from 1");
  says(refused_rule("name = \"a\"\nlimit = -5\nperiod = \"1m\""), "3", "limit must be from 1");
  says(refused_rule("name = \"a\"\nlimit = nan\nperiod = \"1m\""), "3", "limit must be a whole number");
  says(refused_rule("name = \"a\"\nlimit = 5.5\nperiod = \"1m\""), "3", "limit must be a whole number");
  says(refused_rule("name = \"a\"\nlimit = \"5\"\nperiod = \"1m\""), "3", "limit must be a whole number");
  says(refused_rule("name = \"a\"\nlimit = 9223372036854775807\nperiod = \"1m\""), "3", "limit must be from 1");
  says(refused_rule("name = \"a\"\nlimit = 99999999999999999999\nperiod = \"1m\""), "3", "");
  says(refused_rule("name = \"a\"\nlimit = 999983\nperiod = \"24h\""), "3", "2^53");
  says(refused_rule("name = \"a\"\nlimit = 5\nperiod = \"0s\""), "4", "period must be from 1ms");
  says(refused_rule("name = \"a\"\nlimit = 5\nperiod = \"1ns\""), "4", "whole microseconds");
  says(refused_rule("name = \"a\"\nlimit = 5\nperiod = \"-1m\""), "4", "period");
  says(refused_rule("name = \"a\"\nlimit = 5\nperiod = \"9000h\""), "4", "period must be from 1ms to 8784h");
  says(refused_rule("name = \"a\"\nlimit = 5\nperiod = \"99999999999999h\""), "4", "period");
  says(refused_rule("name = \"a\"\nlimit = 5\nperiod = 60"), "4", "period must be a string");
  says(refused_rule("name = \"a\"\nlimit = 5\nperiod = \"a minute\""), "4", "period");
  says(refused_rule(good + "burst = 0"), "5", "burst must be from 1");
  says(refused_rule(good + "algorithm = \"fixed_window\"\nburst = 5"), "6", "burst makes no sense with fixed_window");
  says(refused_rule(good + "mode = \"dry\""), "5", "mode must be enforce or shadow");
  says(refused_rule(good + "trace = -1"), "5", "trace must be from 0 to 1000");
  says(refused_rule(good + "colour = \"red\""), "5", "'colour' is unknown; accepted: name, algorithm, limit");
  says(refused_rule("limit = 5\nperiod = \"1m\""), "1", "name is missing");
  says(refused_rule("name = \"a\"\nperiod = \"1m\""), "1", "rule 'a': limit is missing");
  says(refused_rule("name = \"a\"\nlimit = 5"), "1", "period is missing");
  says(refused_rule("name = \"\"\nlimit = 5\nperiod = \"1m\""), "2", "name must be 1 to 64");
  says(refused_rule("name = \"a b\\n\"\nlimit = 5\nperiod = \"1m\""), "2", "name must be 1 to 64");
  says(refused_rule("name = 5\nlimit = 5\nperiod = \"1m\""), "2", "name must be a string");
  says(refused("[[rule]]\n" + good + "[[rule]]\n" + good), "6", "there is a rule 'a' already");
  says(refused("[rule]\n" + good), "1", "[[rule]]");
  says(refused("rule = 5\n"), "1", "[[rule]]");
  says(refused("rules = []\n"), "1", "'rules' is unknown; accepted: rule");
  says(refused("[[rule]]\nname = \"a\nlimit = 5\n"), "2", "");
  says(refused("\n\n= 5\n"), "3", "");
}

TEST_CASE("bad overrides are refused likewise") {
  const std::string rule = "[[rule]]\nname = \"a\"\nlimit = 5\nperiod = \"1m\"\n[[rule.override]]\n";
  says(refused(rule + "limit = 5\n"), "5", "override of rule 'a': key is missing");
  says(refused(rule + "key = \"\"\n"), "6", "key must be 1 to 1024 bytes");
  says(refused(rule + "key = \"k\"\nlimit = 0\n"), "7", "limit must be from 1");
  says(refused(rule + "key = \"k\"\nmode = \"shadow\"\n"), "7", "'mode' is unknown");
  says(refused(rule + "key = \"k\"\n[[rule.override]]\nkey = \"k\"\n"), "8", "has an override already");
}
