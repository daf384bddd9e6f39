// clock: second chance. Entries in a circle, a bit each that a hit sets; the hand clears bits until it finds a clear
// one.
//
// Right when: LRU's quality is enough and its list under a lock is not: a hit only sets a bit. It hurts as LRU does:
// scans push out what is popular, though a bit saves it once. (Corbato, "A paging experiment with the Multics system",
// 1968.)

#pragma once

#include <vector>

#include "cache_aside/eviction.h"
#include "cache_aside/slot_list.h"

namespace cache_aside {

class EvictionClock final : public Eviction {
 public:
  explicit EvictionClock(std::size_t) {}

  void touched(Slot slot) override { used_[slot] = true; }
  void added(Slot slot, std::uint64_t) override {
    if (slot >= used_.size()) used_.resize(slot + 1);
    used_[slot] = false;
    list_.push_newest(slot);
  }
  Slot victim() override {
    for (;;) {
      const Slot slot = list_.pop_oldest();
      if (!used_[slot]) return slot;
      used_[slot] = false;
      list_.push_newest(slot);
    }
  }
  void removed(Slot slot) override { list_.remove(slot); }

 private:
  SlotLinks links_;
  SlotList list_{links_};  // the circle: its oldest is where the hand is
  std::vector<bool> used_;
};

}  // namespace cache_aside
