// Counts clicks off the redirect's path: a redirect adds to a table in memory, and the table is written in batches.
//
// Each thread has its own table, keyed by what is counted (code, day, referrer, user agent), so counting takes no
// lock and costs one hash look-up. Once a second a thread's table is added up by what is kept (the referrer's host,
// the agent's class) and written to the store in one transaction; on shut-down the rest is.
//
// What can be lost: a kill -9 loses the clicks of at most the last `flush_every`, plus those of a write under way.
// When the store cannot be written, counts are kept and tried again; past `rows_max` rows a thread begins to drop
// new rows, and clicks_dropped_total says how many clicks.

#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/clock.h"
#include "common/metrics.h"
#include "common/runtime/runtime.h"
#include "url_shortener/click_store.h"

namespace url_shortener {

class ClickCounter {
 public:
  struct Options {
    std::chrono::nanoseconds flush_every = std::chrono::seconds{1};
    std::size_t rows_max = 100'000;  // for each thread
  };

  ClickCounter(common::Runtime& runtime, ClickStore& store, Options options);

  // Counts one click. On a thread of the runtime, whose index is `thread`.
  void count(std::size_t thread, std::string_view code, common::TimePoint now, std::string_view referer,
             std::string_view user_agent);

  // Starts writing once a flush_every, on each thread. The last flush is a shut-down step of the runtime.
  void start(common::Metrics& metrics);
  // Writes what all threads have counted until now.
  common::Task<void> flush();

  std::uint64_t counted() const noexcept;
  std::uint64_t dropped() const noexcept;

 private:
  struct Row {
    std::string code;
    std::int64_t day;  // since 1970
    std::string referer;
    std::string user_agent;
    std::uint64_t clicks;
  };
  struct alignas(64) Table {
    std::unordered_multimap<std::uint64_t, Row> rows;  // by a hash of the first four
    std::vector<ClickCount> unwritten;                 // of a write that failed
    std::atomic<std::uint64_t> counted{0};             // one writer
    std::atomic<std::uint64_t> dropped{0};
    bool writing = false;
  };

  static common::Task<void> flush_often(ClickCounter& counter, std::size_t thread);
  common::Task<void> flush_thread(std::size_t thread);
  common::Task<bool> try_flush(std::size_t thread);  // true: busy, try again
  static std::vector<ClickCount> add_up(Table& table);

  common::Runtime& runtime_;
  ClickStore& store_;
  Options options_;
  std::vector<Table> tables_;
};

}  // namespace url_shortener
