#include "url_shortener/click_counter.h"

#include <deque>
#include <map>
#include <string>

#include "tests/support/catch.h"

using namespace std::chrono_literals;
using common::Failure;
using url_shortener::ClickBatchId;
using url_shortener::ClickCount;
using url_shortener::ClickCounter;

namespace {

constexpr common::TimePoint noon{std::chrono::seconds{1'750'000'000}};
constexpr auto firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";

// Adds up what it is given, each batch once; fails as told, once for each entry of `failures`. When `loses_answers` it
// has added the batch all the same where its failure leaves that open.
class ScriptedStore final : public url_shortener::ClickStore {
 public:
  common::Task<common::Result<void>> add(std::vector<ClickCount> batch, ClickBatchId id) override {
    if (++calls == fail_call) co_return common::Error{Failure::unavailable, "scripted"};
    if (!failures.empty()) {
      const Failure failure = failures.front();
      failures.pop_front();
      if (failure == Failure::unknown_outcome && loses_answers) take(std::move(batch), id);
      co_return common::Error{failure, "scripted"};
    }
    take(std::move(batch), id);
    co_return common::Result<void>{};
  }
  common::Task<common::Result<url_shortener::ClickStats>> stats(std::string) override {
    co_return url_shortener::ClickStats{};
  }

  void take(std::vector<ClickCount> batch, ClickBatchId id) {
    std::uint64_t& last = last_of[id.writer];
    if (id.number <= last) return;
    last = id.number;
    for (auto& row : batch) {
      total += row.clicks;
      rows.push_back(std::move(row));
    }
  }

  std::deque<Failure> failures;
  bool loses_answers = false;
  std::map<std::uint64_t, std::uint64_t> last_of;  // by writer
  std::vector<ClickCount> rows;
  std::uint64_t total = 0;
  int calls = 0;
  int fail_call = 0;  // this one fails
};

struct Counting {
  explicit Counting(ClickCounter::Options options = {}) : counter(runtime, store, options) {}

  void click(std::string_view code, std::string_view referer = {}, std::string_view agent = firefox,
             std::size_t thread = 0, common::TimePoint now = noon) {
    counter.count(thread, code, now, referer, agent);
  }
  void flush() {
    common::spawn(runtime.executor(), "test", counter.flush());
    for (int i = 0; i < 10; ++i) {  // each thread's part runs on its own context
      for (std::size_t thread = 0; thread < runtime.threads(); ++thread) {
        runtime.context(thread).restart();
        runtime.context(thread).poll();
      }
    }
  }

  ScriptedStore store;
  common::Runtime runtime{2};
  ClickCounter counter;
};

}  // namespace

TEST_CASE("clicks are written once, added up by day, referrer's host and kind of agent") {
  Counting counting;
  counting.click("abc", "https://a.example/1");
  counting.click("abc", "https://A.example/2?q");
  counting.click("abc", "https://a.example/3", "Googlebot/2.1");
  counting.click("abc");
  counting.click("xyz", "", firefox, 0, noon + 24h);
  CHECK(counting.store.calls == 0);  // nothing waits for the store
  counting.flush();
  counting.flush();

  std::map<std::string, std::uint64_t> clicks;
  for (const auto& row : counting.store.rows) {
    clicks[row.code + " " + row.day + " " + row.referrer + " " + row.agent] += row.clicks;
  }
  CHECK(clicks == std::map<std::string, std::uint64_t>{{"abc 2025-06-15 a.example desktop", 2},
                                                       {"abc 2025-06-15 a.example crawler", 1},
                                                       {"abc 2025-06-15  desktop", 1},
                                                       {"xyz 2025-06-16  desktop", 1}});
  CHECK(counting.store.rows.size() == 4);
  CHECK(counting.store.calls == 1);  // an empty table is not written
  CHECK(counting.counter.counted() == 5);
  CHECK(counting.counter.dropped() == 0);
}

TEST_CASE("every thread's clicks are written") {
  Counting counting;
  for (std::size_t thread : {0, 1}) {
    for (int i = 0; i < 1000; ++i) {
      counting.click("abc", {}, firefox, thread);
    }
  }
  counting.flush();
  CHECK(counting.store.total == 2000);
  CHECK(counting.counter.counted() == 2000);
}

TEST_CASE("clicks that could not be written are written with the next ones") {
  Counting counting;
  counting.store.failures = {Failure::unavailable, Failure::timed_out, Failure::overloaded};
  counting.click("abc");
  counting.flush();
  counting.click("abc");
  counting.flush();
  counting.flush();
  CHECK(counting.store.total == 0);
  counting.click("abc");
  counting.flush();
  CHECK(counting.store.total == 3);
  counting.flush();
  CHECK(counting.store.total == 3);
}

TEST_CASE("clicks whose writing may have happened are neither lost nor counted twice") {
  Counting counting;
  counting.store.loses_answers = GENERATE(false, true);
  counting.store.failures = {Failure::unknown_outcome, Failure::unavailable, Failure::unknown_outcome};
  for (int i = 0; i < 4; ++i) {
    counting.click("abc");
    counting.click("def", "https://a.example/" + std::to_string(i));
    counting.flush();
  }
  CHECK(counting.store.total == 8);
  counting.click("abc");
  counting.flush();
  CHECK(counting.store.total == 9);
}

TEST_CASE("past rows_max new rows are dropped and counted, known ones go on") {
  Counting counting({.rows_max = 3});
  for (const auto* code : {"a", "b", "c", "d", "e", "a", "d"}) {
    counting.click(code);
  }
  CHECK(counting.counter.counted() == 7);
  CHECK(counting.counter.dropped() == 3);
  counting.flush();
  CHECK(counting.store.total == 4);
}

TEST_CASE("rows that wait for an absent store count against rows_max") {
  Counting counting({.rows_max = 3});
  counting.store.failures = {Failure::unavailable};
  for (const auto* code : {"a", "b", "c"}) {
    counting.click(code);
  }
  counting.flush();
  counting.click("d");
  CHECK(counting.counter.dropped() == 1);
  counting.flush();
  counting.click("d");
  CHECK(counting.counter.dropped() == 1);
  counting.flush();
  CHECK(counting.store.total == 4);
}

TEST_CASE("many sums are written a slice at a time, and a failure keeps only what was not written") {
  Counting counting({.slice_max = 10});
  for (int i = 0; i < 25; ++i)
    counting.click("code" + std::to_string(i));
  counting.flush();
  CHECK(counting.store.calls == 3);
  CHECK(counting.store.total == 25);

  for (int i = 0; i < 25; ++i)
    counting.click("code" + std::to_string(i));
  counting.store.fail_call = counting.store.calls + 2;
  counting.flush();
  CHECK(counting.store.total == 35);
  counting.flush();
  CHECK(counting.store.total == 50);
}

TEST_CASE("at the end what could not be written is tried until it is") {
  Counting counting({.flush_every = 1h});
  common::Metrics metrics;
  counting.counter.start(metrics);
  counting.store.failures = {Failure::unavailable, Failure::overloaded, Failure::unavailable};
  const auto live = [](Counting& all) -> common::Task<void> {
    all.click("abc");
    const bool ended = co_await all.runtime.shut_down(5s);
    CHECK(ended);
  };
  counting.runtime.run(live(counting));
  CHECK(counting.store.calls == 4);
  CHECK(counting.store.total == 1);
}

TEST_CASE("long headers are cut, not refused") {
  Counting counting;
  counting.click("abc", "https://a.example/" + std::string(30'000, 'x'), std::string(30'000, 'y'));
  counting.click("abc", std::string(600, 'x'));
  counting.flush();
  CHECK(counting.store.total == 2);
}

TEST_CASE("what was counted is written once a flush_every, and the rest at shut-down") {
  Counting counting({.flush_every = 5ms});
  common::Metrics metrics;
  counting.counter.start(metrics);
  const auto live = [](Counting& all) -> common::Task<void> {
    all.click("abc");
    for (int i = 0; i < 1000 && all.store.total < 1; ++i) {
      co_await common::sleep_for(5ms);  // the counter's own timer is the subject
    }
    CHECK(all.store.total == 1);
    all.click("abc");
    co_await all.runtime.shut_down(5s);
  };
  counting.runtime.run(live(counting));
  CHECK(counting.store.total == 2);
}
