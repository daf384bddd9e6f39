// sieve: a queue with a bit each, and a hand that walks from old to new; whom it spares stays where it is.
//
// Right when: nearly always on the web; here it is the default. A hit only sets a bit, and newcomers that nobody asks
// for again leave soon, because spared entries are not moved to the front and so do not shield them. It hurts when use
// comes in bursts of something new: a newcomer is judged sooner than LRU would.
//
// Zhang et al., "SIEVE is Simpler than LRU", NSDI 2024.

#pragma once

#include <vector>

#include "cache_aside/eviction.h"
#include "cache_aside/slot_list.h"

namespace cache_aside {

class EvictionSieve final : public Eviction {
 public:
  explicit EvictionSieve(std::size_t) {}

  void touched(Slot slot) override { used_[slot] = true; }
  void added(Slot slot, std::uint64_t) override {
    if (slot >= used_.size()) used_.resize(slot + 1);
    used_[slot] = false;
    list_.push_newest(slot);
  }
  Slot victim() override {
    Slot slot = hand_ == no_slot ? list_.oldest() : hand_;
    while (used_[slot]) {
      used_[slot] = false;
      slot = list_.newer(slot) == no_slot ? list_.oldest() : list_.newer(slot);
    }
    hand_ = slot;
    removed(slot);
    return slot;
  }
  void removed(Slot slot) override {
    if (slot == hand_) hand_ = list_.newer(slot);
    list_.remove(slot);
  }

 private:
  SlotLinks links_;
  SlotList list_{links_};
  Slot hand_ = no_slot;  // no_slot: at the oldest
  std::vector<bool> used_;
};

}  // namespace cache_aside
