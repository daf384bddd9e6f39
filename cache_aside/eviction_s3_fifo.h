// s3_fifo: three queues. Newcomers wait in a small one, a tenth of the room; who is asked for again there moves on to
// the main one; who is not leaves, and is remembered by name: if it comes back soon, it goes to the main queue at once.
//
// Right when: most keys are asked for once (Twitter, CDNs): they pass through a tenth of the cache instead of all of
// it. It hurts when use comes in bursts further apart than the small queue is long.
//
// Yang et al., "FIFO Queues are All You Need for Cache Eviction", SOSP 2023. As there: counts up to 3, the small queue
// promotes above 1 use, the ghost queue holds as many names as the main queue has entries.

#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <unordered_map>
#include <vector>

#include "cache_aside/eviction.h"
#include "cache_aside/slot_list.h"

namespace cache_aside {

class EvictionS3Fifo final : public Eviction {
 public:
  // `capacity`: entries that the cache holds.
  explicit EvictionS3Fifo(std::size_t capacity)
      : small_max_(std::max<std::size_t>(1, capacity / 10)), ghosts_max_(std::max<std::size_t>(1, capacity * 9 / 10)) {}

  void touched(Slot slot) override {
    if (entries_[slot].uses < 3) ++entries_[slot].uses;
  }
  void added(Slot slot, std::uint64_t hash) override {
    if (slot >= entries_.size()) entries_.resize(slot + 1);
    const bool remembered = ghosts_.erase(hash) > 0;
    entries_[slot] = {hash, 0, !remembered};
    (remembered ? main_ : small_).push_newest(slot);
  }
  Slot victim() override {
    for (;;) {
      if (!small_.empty() && (small_.size() >= small_max_ || main_.empty())) {
        const Slot slot = small_.pop_oldest();
        if (entries_[slot].uses <= 1) {
          remember(entries_[slot].hash);
          return slot;
        }
        entries_[slot].uses = 0;
        entries_[slot].in_small = false;
        main_.push_newest(slot);
        continue;
      }
      const Slot slot = main_.pop_oldest();
      if (entries_[slot].uses == 0) return slot;
      --entries_[slot].uses;
      main_.push_newest(slot);
    }
  }
  void removed(Slot slot) override { (entries_[slot].in_small ? small_ : main_).remove(slot); }

 private:
  struct State {
    std::uint64_t hash = 0;
    std::uint8_t uses = 0;
    bool in_small = false;
  };

  void remember(std::uint64_t hash) {
    ghosts_[hash] = ++ghost_number_;
    ghost_queue_.emplace_back(hash, ghost_number_);
    while (ghosts_.size() > ghosts_max_ || ghost_queue_.size() > 2 * ghosts_max_) {
      const auto [oldest, number] = ghost_queue_.front();
      ghost_queue_.pop_front();
      if (const auto found = ghosts_.find(oldest); found != ghosts_.end() && found->second == number) {
        ghosts_.erase(found);
      }
    }
  }

  const std::size_t small_max_;
  const std::size_t ghosts_max_;
  SlotLinks links_;
  SlotList small_{links_};
  SlotList main_{links_};
  std::vector<State> entries_;
  std::unordered_map<std::uint64_t, std::uint64_t> ghosts_;  // hash -> its number in the queue
  std::deque<std::pair<std::uint64_t, std::uint64_t>> ghost_queue_;
  std::uint64_t ghost_number_ = 0;
};

}  // namespace cache_aside
