// The race, by exhaustion: every schedule of two readers and one writer, over the steps that each write policy takes.
// It prints the tables, and for each policy that fails its shortest counterexample, as lanes.

#include <algorithm>
#include <iomanip>
#include <iostream>
#include <sstream>
#include <stdexcept>

#include "tests/cache_aside/simulation.h"
#include "tests/support/catch.h"
#include "tests/support/size.h"

using namespace testing;

namespace {

// More schedules than a sanitizer is given: in one thread it finds in a thousand what it finds in all.
constexpr std::size_t many = 50'000;

struct Count {
  std::size_t schedules = 0;
  std::size_t stale = 0;         // the cache is wrong after all have returned
  std::size_t answered_old = 0;  // somebody who began after the write was acknowledged got what was before

  bool operator==(const Count&) const = default;
  Count& operator+=(const Count& other) {
    schedules += other.schedules;
    stale += other.stale;
    answered_old += other.answered_old;
    return *this;
  }
};

struct Explored {
  Count count;
  std::string counterexample;  // the one with the fewest steps and changes of turn
};

std::size_t length_of(const std::vector<Simulation::Step>& trace) {
  std::size_t length = trace.size() * 10;
  for (std::size_t i = 1; i < trace.size(); ++i)
    length += trace[i].actor != trace[i - 1].actor ? 1 : 0;
  return length;
}

Explored explore(const Simulation::Setup& setup, const Fault& fault = {}) {
  Simulation world(setup);
  const int reader = world.reader_steps();
  const int writer = world.writer_steps(fault);
  Explored explored;
  std::size_t shortest = SIZE_MAX;
  for_each_schedule({reader, reader, writer}, [&](std::span<const int> order) {
    world.play(order, fault);
    if (!world.all_have_returned()) throw std::logic_error("an actor needs more steps than it was given");
    ++explored.count.schedules;
    if (world.answered_old()) ++explored.count.answered_old;
    if (!world.stale()) return;
    ++explored.count.stale;
    if (length_of(world.trace()) >= shortest) return;
    shortest = length_of(world.trace());
    explored.counterexample = world.lanes();
  });
  return explored;
}

// Both beginnings: an empty cache, and one that has the row.
Count explore_both(const std::string& policy, const Fault& fault) {
  Simulation::Setup setup{policy};
  Count total = explore(setup, fault).count;
  setup.warm = true;
  return total += explore(setup, fault).count;
}

// The writer dies, before each of its steps.
Count explore_crashes(const std::string& policy) {
  Count total;
  const int steps = Simulation({policy}).writer_steps();
  for (int step = 0; step < steps; ++step)
    total += explore_both(policy, {step, -1, true});
  return total;
}

// Each message to the cache is lost, one at a time.
Count explore_losses(const std::string& policy) {
  Count total;
  Simulation world({policy});
  world.writer_steps();
  const auto& trace = world.trace();
  const auto messages = std::count_if(trace.begin(), trace.end(), [](const Simulation::Step& step) {
    const auto begins = [&](std::string_view word) { return step.what.starts_with(word); };
    return step.actor == Simulation::writer && (begins("DEL") || begins("SET ") || begins("VOID") || begins("MARK"));
  });
  for (int message = 0; message < messages; ++message)
    total += explore_both(policy, {-1, message, true});
  return total;
}

class Report {
 public:
  explicit Report(const std::string& title) {
    text_ << "\n"
          << title << "\n"
          << std::left << std::setw(24) << "policy" << std::right << std::setw(10) << "schedules" << std::setw(10)
          << "stale" << std::setw(14) << "read too old"
          << "\n";
  }
  void add(const std::string& policy, const Count& count) {
    text_ << std::left << std::setw(24) << policy << std::right << std::setw(10) << count.schedules << std::setw(10)
          << count.stale << std::setw(14) << count.answered_old << "\n";
  }
  void add(const std::string& text) { text_ << text; }
  ~Report() { std::cout << text_.str() << std::endl; }

 private:
  std::ostringstream text_;
};

// Facts about the policies, found by counting: a change of any is a change of what the code does.
struct Expected {
  std::string policy;
  Count count;
};

}  // namespace

TEST_CASE("every schedule of two readers and a writer, the cache empty at first") {
  const std::vector<Expected> table = {
      {"delete_before_commit", {11550, 5994, 108}},
      {"delete_after_commit", {11550, 1198, 22}},
      {"double_delete", {34650, 2214, 534}},
      {"write_through", {11550, 1296, 22}},
      {"write_behind", {34650, 23436, 840}},
      {"lease", {34650, 0, 0}},
      {"versioned", {34650, 0, 0}},
  };
  Report report(
      "an empty cache: stale after all have returned; reads that answered what was overwritten before they began");
  for (const auto& [policy, expected] : table) {
    const Explored found = explore({policy});
    report.add(policy, found.count);
    if (found.count.stale > 0) report.add(found.counterexample);
    INFO(policy);
    CHECK(found.count == expected);
  }
}

TEST_CASE("every schedule of two readers and a writer, the row in the cache at first") {
  const std::vector<Expected> table = {
      {"delete_before_commit", {11550, 2626, 36}},
      {"delete_after_commit", {11550, 0, 0}},
      {"double_delete", {34650, 800, 178}},
      {"write_through", {11550, 0, 0}},
      {"write_behind", {34650, 0, 0}},
      {"lease", {34650, 0, 0}},
      {"versioned", {34650, 0, 0}},
  };
  Report report("the row cached at first");
  for (const auto& [policy, expected] : table) {
    const Explored found = explore({.policy = policy, .warm = true});
    report.add(policy, found.count);
    INFO(policy);
    CHECK(found.count == expected);
  }
}

TEST_CASE("the same with the writer dying before each of its steps, and a replay of what it left") {
  const std::vector<Expected> table = {
      {"delete_before_commit", {7700, 2866, 0}},
      {"delete_after_commit", {7700, 1270, 0}},
      {"double_delete", {30800, 11486, 144}},
      {"write_through", {7700, 1284, 0}},
      {"write_behind", {98840, 35496, 840}},
      {"lease", {272720, 0, 0}},
      {"versioned", {272720, 0, 0}},
  };
  Report report("a crash of the writer before each of its steps, from both beginnings, then the replay");
  for (const auto& [policy, expected] : table) {
    if (sanitized && expected.schedules > many) continue;
    const Count found = explore_crashes(policy);
    report.add(policy, found);
    INFO(policy);
    CHECK(found == expected);
  }
}

// Acknowledged without the cache having heard: until the replay a reader may get what was before. What is bounded is
// how long, and that nothing stays. The Redis cache tries again before it lets a write be acknowledged (cache_redis.h).
TEST_CASE("the same with each of the writer's messages to the cache lost, and a replay of what it left") {
  const std::vector<Expected> table = {
      {"delete_before_commit", {23100, 18464, 714}},
      {"delete_after_commit", {23100, 14616, 642}},
      {"double_delete", {138600, 23058, 4998}},
      {"write_through", {23100, 14616, 642}},
      {"write_behind", {69300, 66394, 7590}},
      {"lease", {180180, 0, 13300}},
      {"versioned", {180180, 0, 13300}},
  };
  Report report("a lost message, each of the writer's to the cache, from both beginnings, then the replay");
  for (const auto& [policy, expected] : table) {
    if (sanitized && expected.schedules > many) continue;
    const Count found = explore_losses(policy);
    report.add(policy, found);
    INFO(policy);
    CHECK(found == expected);
  }
}

// Who joins a load that began before a change was acknowledged is answered what was before it, without a step of the
// cache: the ticket in a flight's name is what keeps a later reader out (stampede_single_flight.h). Zero for lease and
// versioned (where the row is cached at first: for all three), over the model and over the real local cache; the naive
// policies have no tickets.
TEST_CASE("the same where readers share a load, and with the real local cache") {
  struct Row {
    std::string policy;
    Count shared;        // single_flight over the model
    Count local;         // everybody loads, over the real local cache
    Count shared_local;  // single_flight over the real local cache
  };
  const std::vector<Row> table = {
      {"delete_after_commit", {11550, 1260, 42}, {11550, 1198, 22}, {11550, 1260, 42}},
      {"lease", {34650, 0, 0}, {34650, 0, 0}, {34650, 0, 0}},
      {"versioned", {34650, 0, 0}, {34650, 0, 0}, {34650, 0, 0}},
  };
  for (const bool warm : {false, true}) {
    Report report(std::string("single_flight, and the real local cache, the row ") + (warm ? "cached" : "not cached") +
                  " at first");
    for (const auto& row : table) {
      INFO(row.policy);
      const auto run = [&](const std::string& stampede, bool local, const Count& expected) {
        const Explored found = explore({row.policy, stampede, local, warm});
        report.add(row.policy + (stampede == "none" ? "" : " shared") + (local ? " local" : ""), found.count);
        CHECK(found.count == (warm ? Count{expected.schedules, 0, 0} : expected));
      };
      run("single_flight", false, row.shared);
      run("none", true, row.local);
      run("single_flight", true, row.shared_local);
    }
  }
}
