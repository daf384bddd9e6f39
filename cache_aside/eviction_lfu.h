// lfu: least frequently used. What was asked for least often since it came goes; among equals, what was not for
// longest.
//
// Right when: what is popular stays popular. It hurts: yesterday's hit stays for ever on its count, and a newcomer,
// with a count of one, is the next victim, however wanted it is today. No ageing here: this is the plain form, beside
// which w_tinylfu shows what ageing and a window are for.
//
// Constant time: entries of one count share a list, and counts are in order (Shah, Mitra and Matani, "An O(1) algorithm
// for implementing the LFU cache eviction scheme", 2010).

#pragma once

#include <map>
#include <vector>

#include "cache_aside/eviction.h"
#include "cache_aside/slot_list.h"

namespace cache_aside {

class EvictionLfu final : public Eviction {
 public:
  explicit EvictionLfu(std::size_t) {}

  void touched(Slot slot) override {
    const std::uint64_t count = counts_[slot];
    const auto now = lists_.find(count);
    auto next = std::next(now);
    if (next == lists_.end() || next->first != count + 1) next = lists_.emplace_hint(next, count + 1, links_);
    now->second.remove(slot);
    if (now->second.empty()) lists_.erase(now);
    next->second.push_newest(slot);
    counts_[slot] = count + 1;
  }
  void added(Slot slot, std::uint64_t) override {
    if (slot >= counts_.size()) counts_.resize(slot + 1);
    counts_[slot] = 1;
    lists_.try_emplace(1, links_).first->second.push_newest(slot);
  }
  Slot victim() override {
    const Slot slot = lists_.begin()->second.oldest();
    removed(slot);
    return slot;
  }
  void removed(Slot slot) override {
    const auto found = lists_.find(counts_[slot]);
    found->second.remove(slot);
    if (found->second.empty()) lists_.erase(found);
  }

 private:
  SlotLinks links_;
  std::vector<std::uint64_t> counts_;
  std::map<std::uint64_t, SlotList> lists_;  // by count
};

}  // namespace cache_aside
