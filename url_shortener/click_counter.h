// Counts clicks off the redirect's path: a redirect adds to a table in memory, and the table is written in batches.
//
// Each thread has its own table, so counting takes no lock. A row is what a client sent (code, day, Referer,
// User-Agent), found by one hash; it points to the sum that is kept of it (referrer's host, agent's class), which is
// worked out once, when the row is new. Once a second a thread's sums are written to the store, a slice at a time; on
// shut-down the rest is.
//
// What can be lost: a kill -9 loses the clicks of at most the last `flush_every`, plus those of a write under way.
// When the store cannot be written, sums are kept and tried again, at shut-down until its time is over. That includes a
// write of which nobody knows whether it happened: it is repeated as it was, with its number, and the store adds it
// once. Past `rows_max` rows a thread begins to drop new rows, and clicks_dropped_total says how many clicks.

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
#include "common/random.h"
#include "common/runtime/runtime.h"
#include "url_shortener/click_store.h"

namespace url_shortener {

class ClickCounter {
 public:
  struct Options {
    std::chrono::nanoseconds flush_every = std::chrono::seconds{1};
    std::size_t rows_max = 100'000;  // for each thread
    std::size_t slice_max = 1'000;   // sums in one write: bounds how long creations wait behind it
    // What thread 0 calls itself before the store (click_store.h), the next one by one more, and so on.
    std::uint64_t writer = (common::thread_random().next() >> 2) + 1;
  };

  ClickCounter(common::Runtime& runtime, ClickStore& store, Options options);

  // Counts one click. On a thread of the runtime, whose index is `thread`.
  void count(std::size_t thread, std::string_view code, common::TimePoint now, std::string_view referer,
             std::string_view user_agent);

  // Starts writing once a flush_every, on each thread. drain() becomes a shut-down step of the runtime.
  void start(common::Metrics& metrics);
  // Writes what all threads have counted until now; what fails is kept.
  common::Task<void> flush();
  // Goes on until nothing is left to write.
  common::Task<void> drain();

  std::uint64_t counted() const noexcept;
  std::uint64_t dropped() const noexcept;

 private:
  struct Row {
    std::string code;
    std::int64_t day;  // since 1970
    std::string referer;
    std::string user_agent;
    std::size_t sum;  // its place in `sums`
  };
  struct Place {
    std::vector<ClickCount> waiting;  // the last are written first
    std::vector<ClickCount> batch;    // is being written, or was perhaps: it is not touched until it is known to be
    ClickBatchId id;                  // of `batch`
  };
  struct alignas(64) Table {
    std::unordered_multimap<std::uint64_t, Row> rows;     // by a hash of the first four
    std::vector<ClickCount> sums;                         // of rows, since the last flush
    std::unordered_map<std::string, std::size_t> sum_of;  // place in `sums`, by all that tells sums apart
    std::vector<Place> places;                            // what was taken from `sums`
    std::size_t unwritten_rows = 0;                       // in `places`
    ClickBatchId last_id;
    std::atomic<std::uint64_t> counted{0};  // one writer
    std::atomic<std::uint64_t> dropped{0};
    bool writing = false;
  };

  static std::size_t sum_for(Table& table, std::string_view code, std::int64_t day, std::string_view referer,
                             std::string_view user_agent);
  static common::Task<void> flush_often(ClickCounter& counter, std::size_t thread);
  common::Task<void> flush_thread(std::size_t thread);
  common::Task<void> write_place(Table& table, Place& place);
  common::Task<bool> drain_thread(std::size_t thread);  // true: something is left

  common::Runtime& runtime_;
  ClickStore& store_;
  Options options_;
  std::vector<Table> tables_;
};

}  // namespace url_shortener
