// Watches a server for stale reads: every read is checked against what had been acknowledged before it began.
//
//   StalenessWatch watch({first.port(), second.port()}, keys);
//   const auto seen = watch.run(8, 10s);
//   CHECK(seen.stale == 0);
//
// Each client reads users, now and then changes one, and knows of each the highest version that anybody has been told
// was written. A read that answers a lower one than was known when the read began is stale: it shows a value that had
// been overwritten. No clock is compared with another, and nothing that merely overlaps is counted. Where a design
// promises a value no older than a bound, only what was known that long before the read began is compared.

#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace testing {

class StalenessWatch {
 public:
  struct Seen {
    std::uint64_t reads = 0;
    std::uint64_t hits = 0;  // of the reads, those that a cache answered
    std::uint64_t writes = 0;
    int kills = 0;  // of Redis (staleness_run.h)
    std::uint64_t stale = 0;
    std::uint64_t failed = 0;  // answers other than 200
    std::string first;         // what the first stale read was
    std::chrono::milliseconds slowest{0};
  };

  // Creates `keys` users through the first of `ports`. `bound`: how old an answer may be.
  StalenessWatch(std::vector<std::uint16_t> ports, std::size_t keys, std::chrono::milliseconds bound = {});

  // `clients` threads, one request under way each, until `time` is over or so many operations were made, whichever is
  // first. One request in `write_every` changes a user.
  Seen run(int clients, std::chrono::milliseconds time, std::uint64_t operations_max = UINT64_MAX,
           int write_every = 20);

 private:
  struct Totals;
  void work(std::size_t client, std::chrono::steady_clock::time_point end, std::uint64_t operations_max,
            int write_every, Totals& totals);

  std::vector<std::uint16_t> ports_;
  std::vector<std::uint64_t> ids_;
  // Of a user: the versions that were acknowledged, each higher than the one before, and when; the last only, and those
  // younger than the bound.
  struct Acknowledged {
    std::mutex mutex;
    std::deque<std::pair<std::chrono::steady_clock::time_point, std::uint64_t>> versions;
  };
  std::uint64_t known(std::size_t index);
  void acknowledge(std::size_t index, std::uint64_t version);

  const std::chrono::milliseconds bound_;
  std::unique_ptr<Acknowledged[]> acknowledged_;  // by index of ids_
};

}  // namespace testing
