#include "bench/core/runner.h"

#include <memory>
#include <stdexcept>

#include "bench/core/environment.h"
#include "bench/core/summary.h"
#include "tests/support/catch.h"

using bench::Comparison;
using bench::Outcome;
using bench::Row;
using bench::Sample;
using namespace std::chrono_literals;

namespace {

struct Journal {
  std::vector<std::string> lines;
};

// Costs what it is told, and writes down what happens to it.
class Scripted final : public bench::Subject {
 public:
  Scripted(Journal& journal, std::string id, double cost) : journal_(journal), id_(std::move(id)), cost_(cost) {
    journal_.lines.push_back("+" + id_);
  }
  ~Scripted() override { journal_.lines.push_back("-" + id_); }

  Sample measure(const bench::Round&) override {
    journal_.lines.push_back(id_);
    if (cost_ < 0) throw std::runtime_error("out of order");
    Sample sample;
    sample.values["cost"] = cost_;
    return sample;
  }
  void settle(Sample& sample) override { sample.values["cost"] += 1; }

 private:
  Journal& journal_;
  std::string id_;
  double cost_;
};

Row row(Journal& journal, const std::string& id, double cost) {
  Row made;
  made.id = id;
  made.prepare = [&journal, id, cost](bench::Environment&) { return std::make_unique<Scripted>(journal, id, cost); };
  return made;
}

Comparison comparison_of(std::vector<Row> rows) {
  Comparison comparison;
  comparison.id = "system/name";
  comparison.question = "What?";
  comparison.metrics.push_back({});
  comparison.metrics.back().id = "cost";
  comparison.rows = std::move(rows);
  comparison.budget = 0s;  // the least number of rounds
  return comparison;
}

Outcome run(const Comparison& comparison, const std::vector<std::string>& ids = {}) {
  bench::Environment environment({});
  bench::Progress silent(false);
  bench::RunOptions options;
  options.rounds_min = 3;
  return bench::run(comparison, ids, environment, silent, options);
}

}  // namespace

TEST_CASE("rows take turns, and the order rotates") {
  Journal journal;
  const auto comparison = comparison_of({row(journal, "a", 1), row(journal, "b", 2), row(journal, "c", 3)});
  const Outcome outcome = run(comparison);
  REQUIRE(outcome.rounds() == 3);
  const std::vector<std::string> expected{"+a", "a",  "+b", "b", "+c", "c",  // A B C
                                          "b",  "c",  "a",                   // B C A
                                          "c",  "a",  "b",                   // C A B
                                          "-a", "-b", "-c"};
  REQUIRE(journal.lines == expected);
}

TEST_CASE("a fresh row is made anew each round") {
  Journal journal;
  Row fresh = row(journal, "a", 1);
  fresh.fresh = true;
  const auto comparison = comparison_of({fresh});
  run(comparison);
  REQUIRE(journal.lines == std::vector<std::string>{"+a", "a", "-a", "+a", "a", "-a", "+a", "a", "-a"});
}

TEST_CASE("what a row put off is added to the round that caused it") {
  Journal journal;
  const auto comparison = comparison_of({row(journal, "a", 10)});
  const Outcome outcome = run(comparison);
  for (const Sample& sample : outcome.rows[0].samples)
    REQUIRE(sample.values.at("cost") == 11);
}

TEST_CASE("a row that fails is left out with its reason, the others go on") {
  Journal journal;
  const auto comparison = comparison_of({row(journal, "a", 1), row(journal, "bad", -1)});
  const Outcome outcome = run(comparison);
  REQUIRE(outcome.rows[0].samples.size() == 3);
  REQUIRE(outcome.rows[1].failed == "out of order");
  REQUIRE(outcome.rows[1].samples.empty());
}

TEST_CASE("a row whose needs are missing is skipped with the reason") {
  Journal journal;
  Row needy = row(journal, "needy", 1);
  needy.needs = {"service:redis"};
  Row other = row(journal, "other", 1);
  other.needs = {"program:no_such_program"};
  const auto comparison = comparison_of({row(journal, "a", 1), needy, other});
  const Outcome outcome = run(comparison);
  REQUIRE(outcome.rows[1].skipped == "needs redis: run with --services");
  REQUIRE(outcome.rows[2].skipped.find("no_such_program is not here") == 0);
}

TEST_CASE("naming rows keeps the baseline") {
  Journal journal;
  const auto comparison = comparison_of({row(journal, "a", 1), row(journal, "b", 2), row(journal, "c", 3)});
  const Outcome outcome = run(comparison, {"c"});
  REQUIRE(outcome.rows.size() == 2);
  REQUIRE(outcome.rows[0].row->id == "a");
  REQUIRE(outcome.rows[1].row->id == "c");
}

// `./run bench url_shortener redirect nginx` also measured two servers of ours, which have a group to themselves.
TEST_CASE("naming rows leaves out the groups that have none of them, baseline and all") {
  Journal journal;
  const auto in = [&](const char* group, const std::string& id) {
    Row made = row(journal, id, 1);
    made.group = group;
    return made;
  };
  const auto comparison =
      comparison_of({in("plain", "raw"), in("plain", "nginx"), in("steady", "threads_1"), in("steady", "threads_2")});
  const auto ids = [&](const std::vector<std::string>& named) {
    std::vector<std::string> measured;
    for (const auto& one : run(comparison, named).rows)
      measured.push_back(one.row->id);
    return measured;
  };
  REQUIRE(ids({"nginx"}) == std::vector<std::string>{"raw", "nginx"});
  REQUIRE(ids({"threads_1"}) == std::vector<std::string>{"threads_1"});
  REQUIRE(ids({"raw", "threads_2"}) == std::vector<std::string>{"raw", "threads_1", "threads_2"});
}

TEST_CASE("a run has worked when no row failed and, where that may not be, none was skipped") {
  const Row one;
  Outcome outcome;
  outcome.rows.resize(2);
  for (auto& each : outcome.rows)
    each.row = &one;
  REQUIRE(bench::worked(outcome, false));
  outcome.rows[1].skipped = "nginx is not here";
  REQUIRE(bench::worked(outcome, true));
  REQUIRE_FALSE(bench::worked(outcome, false));
  outcome.rows[0].failed = "out of order";
  REQUIRE_FALSE(bench::worked(outcome, true));
}

TEST_CASE("Ctrl-C ends the run and what it started") {
  Journal journal;
  const auto comparison = comparison_of({row(journal, "a", 1)});
  std::atomic<bool> stop{true};
  bench::Environment environment({});
  bench::Progress silent(false);
  bench::RunOptions options;
  options.stop = &stop;
  const Outcome outcome = bench::run(comparison, {}, environment, silent, options);
  REQUIRE(outcome.interrupted);
  REQUIRE(outcome.rounds() == 0);
}
