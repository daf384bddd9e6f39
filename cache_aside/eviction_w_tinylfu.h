// w_tinylfu: a window of one per cent under LRU, and a main part that a newcomer enters only if it was asked for more
// often lately than who would have to leave.
//
// Right when: popularity is skewed and lasting; one scan passes through the window and nothing else. It hurts with a
// fixed window when use is recent rather than frequent: what comes in bursts finds no room. (Caffeine adapts the
// window's size; this one does not.) Each hit moves an entry and counts in a sketch.
//
// Einziger, Friedman and Manes, "TinyLFU", ACM Transactions on Storage 2017, section 4: the main part is a segmented
// LRU, four fifths of it protected.

#pragma once

#include <algorithm>
#include <vector>

#include "cache_aside/eviction.h"
#include "cache_aside/frequency_sketch.h"
#include "cache_aside/slot_list.h"

namespace cache_aside {

class EvictionWTinylfu final : public Eviction {
 public:
  // `capacity`: entries that the cache holds.
  explicit EvictionWTinylfu(std::size_t capacity)
      : window_max_(std::max<std::size_t>(1, capacity / 100)),
        protected_max_((capacity - std::min(capacity, window_max_)) * 4 / 5),
        sketch_(capacity) {}

  void touched(Slot slot) override {
    sketch_.count(entries_[slot].hash);
    SlotList& list = list_of(slot);
    list.remove(slot);
    if (entries_[slot].part == Part::window) {
      window_.push_newest(slot);
      return;
    }
    entries_[slot].part = Part::protected_;
    protected_.push_newest(slot);
    if (protected_.size() > protected_max_) {
      const Slot demoted = protected_.pop_oldest();
      entries_[demoted].part = Part::probation;
      probation_.push_newest(demoted);
    }
  }
  void added(Slot slot, std::uint64_t hash) override {
    if (slot >= entries_.size()) entries_.resize(slot + 1);
    entries_[slot] = {hash, Part::window};
    sketch_.count(hash);
    window_.push_newest(slot);
    while (window_.size() > window_max_) {  // nobody had to leave: there is room for everybody
      const Slot moved = window_.pop_oldest();
      entries_[moved].part = Part::probation;
      probation_.push_newest(moved);
    }
  }
  Slot victim() override {
    if (window_.size() < window_max_ || window_.empty()) return pop_main();
    if (probation_.empty() && protected_.empty()) return window_.pop_oldest();
    const Slot candidate = window_.oldest();
    const Slot resident = probation_.empty() ? protected_.oldest() : probation_.oldest();
    if (sketch_.frequency(entries_[candidate].hash) <= sketch_.frequency(entries_[resident].hash)) {
      return window_.pop_oldest();
    }
    pop_main();
    window_.remove(candidate);
    entries_[candidate].part = Part::probation;
    probation_.push_newest(candidate);
    return resident;
  }
  void removed(Slot slot) override { list_of(slot).remove(slot); }

 private:
  enum class Part : std::uint8_t { window, probation, protected_ };
  struct State {
    std::uint64_t hash = 0;
    Part part = Part::window;
  };

  SlotList& list_of(Slot slot) {
    const Part part = entries_[slot].part;
    return part == Part::window ? window_ : part == Part::probation ? probation_ : protected_;
  }
  Slot pop_main() {
    if (!probation_.empty()) return probation_.pop_oldest();
    return protected_.empty() ? window_.pop_oldest() : protected_.pop_oldest();
  }

  const std::size_t window_max_;
  const std::size_t protected_max_;
  FrequencySketch sketch_;
  SlotLinks links_;
  SlotList window_{links_};
  SlotList probation_{links_};
  SlotList protected_{links_};
  std::vector<State> entries_;
};

}  // namespace cache_aside
