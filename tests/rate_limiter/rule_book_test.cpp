// The rules in force, and the file they come from.

#include "rate_limiter/rule_book.h"

#include "rate_limiter/rules_file.h"
#include "tests/support/catch.h"
#include "tests/support/files.h"
#include "tests/support/temp_folder.h"

using namespace rate_limiter;

namespace {

Rule rule(std::string name, std::int64_t limit) {
  return {std::move(name), std::get<Limit>(make_limit(Algorithm::token_bucket, limit, 60 * ticks_per_second))};
}

std::vector<Rule> rules(std::vector<std::pair<std::string, std::int64_t>> all) {
  std::vector<Rule> made;
  for (auto& [name, limit] : all)
    made.push_back(rule(name, limit));
  return made;
}

std::int64_t limit_of(RuleBook& book, std::string_view name) {
  const auto* found = book.here()->find(name);
  return found ? found->rule.base.limit.limit : 0;
}

}  // namespace

TEST_CASE("login is there whatever else is") {
  common::Metrics metrics;
  RuleBook book(1, {}, Algorithm::gcra, metrics);
  CHECK(limit_of(book, "login") == 5);
  CHECK(book.here()->find("login")->rule.trace == 64);
  CHECK(book.here()->find("login")->rule.base.limit.algorithm == Algorithm::gcra);
  book.replace(rules({{"login", 9}, {"b", 2}}));
  CHECK(limit_of(book, "login") == 9);
  CHECK(book.remove("login") == RuleBook::Removed::reset_to_built_in);
  CHECK(limit_of(book, "login") == 5);
  CHECK(limit_of(book, "b") == 2);
}

TEST_CASE("rules are put, replaced and removed one by one, and keep their order") {
  common::Metrics metrics;
  RuleBook book(1, rules({{"a", 1}, {"b", 2}, {"login", 3}}), Algorithm::token_bucket, metrics);
  CHECK(book.put(rule("c", 4)) == RuleBook::Put::created);
  CHECK(book.put(rule("a", 10)) == RuleBook::Put::replaced);
  CHECK(limit_of(book, "a") == 10);
  CHECK(book.remove("b") == RuleBook::Removed::removed);
  CHECK(book.remove("b") == RuleBook::Removed::not_there);
  std::string names;
  for (const auto& each : book.here()->all())
    names += each->rule.name + " ";
  CHECK(names == "a login c ");
}

TEST_CASE("who holds a set keeps it, whatever is put in force meanwhile") {
  common::Metrics metrics;
  RuleBook book(1, rules({{"a", 1}}), Algorithm::token_bucket, metrics);
  const auto held = book.here();
  book.replace(rules({{"b", 2}}));
  CHECK(held->find("a")->rule.base.limit.limit == 1);
  CHECK(limit_of(book, "a") == 0);
}

TEST_CASE("reloads with ever new names end where names do, and then change nothing") {
  common::Metrics metrics;
  RuleBook book(1, {}, Algorithm::token_bucket, metrics);
  std::size_t taken = 0;
  for (int round = 0; round < 30; ++round) {
    std::vector<Rule> set;
    for (int i = 0; i < 100; ++i)
      set.push_back(rule(std::to_string(round) + "-" + std::to_string(i), 7));
    taken += book.replace(std::move(set)) ? 100 : 0;
  }
  CHECK(taken == RuleBook::names_max - 100);  // login has a name too
  CHECK(limit_of(book, "18-0") == 7);
  CHECK(book.replace(rules({{"0-0", 8}})));  // names that are known
  CHECK(limit_of(book, "0-0") == 8);
}

TEST_CASE("there is room for so many rules, and for as many names again") {
  common::Metrics metrics;
  RuleBook book(1, {}, Algorithm::token_bucket, metrics);
  for (std::size_t i = 1; i < rules_max; ++i)
    REQUIRE(book.put(rule("r" + std::to_string(i), 1)) == RuleBook::Put::created);
  CHECK(book.put(rule("more", 1)) == RuleBook::Put::full);
  CHECK(book.put(rule("r1", 2)) == RuleBook::Put::replaced);
}

TEST_CASE("counts survive a change of the rule") {
  common::Metrics metrics;
  RuleBook book(1, rules({{"a", 1}}), Algorithm::token_bucket, metrics);
  book.here()->find("a")->counters->refused.Increment();
  book.put(rule("a", 2));
  CHECK(book.here()->find("a")->counters->refused.Value() == 1);
  CHECK(metrics.render().find("rate_limiter_decisions_total{outcome=\"refused\",rule=\"a\"} 1") != std::string::npos);
}

TEST_CASE("a bad reload changes nothing, and a good one all") {
  const testing::TempFolder folder;
  const auto path =
      testing::write_file(folder.path() / "rules.toml", "[[rule]]\nname = \"a\"\nlimit = 1\nperiod = \"1m\"\n");
  common::Metrics metrics;
  auto first = read_rules(path);
  REQUIRE(first.has_value());
  RuleBook book(1, std::move(*first), Algorithm::token_bucket, metrics);
  RulesFile file(path, RulesFile::look(path), book, metrics);
  const auto before = book.here();
  for (const auto* bad : {"[[rule]]\nname = \"a\"\nlimit = 0\nperiod = \"1m\"\n", "[[rule]]\nname", "\xff\xfe"}) {
    testing::write_file(path, bad);
    CHECK_FALSE(file.reload());
    CHECK(book.here() == before);
  }
  std::filesystem::remove(path);
  CHECK_FALSE(file.reload());
  CHECK(book.here() == before);
  testing::write_file(path, "[[rule]]\nname = \"b\"\nlimit = 2\nperiod = \"1m\"\n");
  CHECK(file.reload());
  CHECK(limit_of(book, "a") == 0);
  CHECK(limit_of(book, "b") == 2);
  testing::write_file(path, "");
  CHECK(file.reload());
  CHECK(limit_of(book, "b") == 0);
  CHECK(limit_of(book, "login") == 5);
}

TEST_CASE("a file that cannot be read is refused by name") {
  const auto rules_of_nothing = read_rules("nowhere/rules.toml");
  REQUIRE(rules_of_nothing.has_error());
  CHECK(rules_of_nothing.error().message == "nowhere/rules.toml: cannot be read");
}
