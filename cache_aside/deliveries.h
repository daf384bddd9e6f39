// New posts on their way to their readers' feeds, from this process: so many at a time, the others in line.
//
//   1. At most at_a_time are under way, each a coroutine of its own: a fan-out of minutes delays neither a request nor
//      the replay of other rows. At most line_max wait; what comes then is refused, and left to the replay.
//   2. A post that is under way or in line is not begun again, nor one that was delivered lately (the last done_max).
//   3. While a post is here, notes() names its row in the invalidation log, so that it can be kept from the others
//      (maintenance.h): who dies leaves it to them.
//
// Thread-safe. The lock is held for a look-up; deliver() is not called under it.

#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <vector>

#include "common/runtime/task.h"

namespace cache_aside {

struct Delivery {
  std::uint64_t post = 0;
  std::uint64_t author = 0;
  std::uint64_t note = 0;  // its row in the log, to be settled; 0: somebody else's business
  bool replayed = false;   // on behalf of who died, or did not succeed
};

class Deliveries {
 public:
  static constexpr std::size_t at_a_time = 8;
  static constexpr std::size_t line_max = 10'000;
  static constexpr std::size_t done_max = 10'000;

  // `deliver`: whether it is certain.
  using Deliver = std::function<common::Task<bool>(Delivery delivery)>;
  explicit Deliveries(Deliver deliver) : deliver_(std::move(deliver)) {}

  // False: it is here already, or the line is full.
  bool begin(common::Executor executor, Delivery delivery);
  bool has_begun(std::uint64_t post) const;
  bool has_done(std::uint64_t post) const;
  std::vector<std::uint64_t> notes() const;
  std::size_t size() const;        // under way and in line
  std::uint64_t replayed() const;  // of those that are done

 private:
  common::Task<> work(Delivery delivery);

  const Deliver deliver_;
  mutable std::mutex mutex_;                      // guards the rest
  std::map<std::uint64_t, std::uint64_t> begun_;  // post -> note
  std::deque<Delivery> line_;
  std::size_t under_way_ = 0;
  std::uint64_t replayed_ = 0;
  std::set<std::uint64_t> done_;
};

}  // namespace cache_aside
