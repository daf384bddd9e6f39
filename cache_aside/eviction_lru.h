// lru: least recently used. What was not asked for longest goes.
//
// Right when: recent use predicts the next one, as in a session or a feed. It hurts: one pass over many keys (a scan, a
// crawler) pushes out everything; and every hit moves an entry, which is a write under the lock.

#pragma once

#include "cache_aside/eviction.h"
#include "cache_aside/slot_list.h"

namespace cache_aside {

class EvictionLru final : public Eviction {
 public:
  explicit EvictionLru(std::size_t) {}

  void touched(Slot slot) override {
    list_.remove(slot);
    list_.push_newest(slot);
  }
  void added(Slot slot, std::uint64_t) override { list_.push_newest(slot); }
  Slot victim() override { return list_.pop_oldest(); }
  void removed(Slot slot) override { list_.remove(slot); }

 private:
  SlotLinks links_;
  SlotList list_{links_};
};

}  // namespace cache_aside
