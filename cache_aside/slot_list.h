// Doubly linked lists of slot numbers over one array: constant time, no allocation once every slot is known.
//
// Several lists may share one SlotLinks, since a slot is in at most one list at a time. Pure.

#pragma once

#include <cstdint>
#include <vector>

namespace cache_aside {

inline constexpr std::uint32_t no_slot = UINT32_MAX;

struct SlotLinks {
  struct Link {
    std::uint32_t newer = no_slot;
    std::uint32_t older = no_slot;
  };
  std::vector<Link> of;

  void know(std::uint32_t slot) {
    if (slot >= of.size()) of.resize(slot + 1);
  }
};

class SlotList {
 public:
  explicit SlotList(SlotLinks& links) : links_(links) {}

  bool empty() const noexcept { return size_ == 0; }
  std::size_t size() const noexcept { return size_; }
  std::uint32_t newest() const noexcept { return newest_; }
  std::uint32_t oldest() const noexcept { return oldest_; }
  // The neighbour that came later; no_slot for the newest.
  std::uint32_t newer(std::uint32_t slot) const { return links_.of[slot].newer; }

  void push_newest(std::uint32_t slot) {
    links_.know(slot);
    links_.of[slot] = {no_slot, newest_};
    (newest_ == no_slot ? oldest_ : links_.of[newest_].newer) = slot;
    newest_ = slot;
    ++size_;
  }

  void remove(std::uint32_t slot) {
    const auto [newer, older] = links_.of[slot];
    (newer == no_slot ? newest_ : links_.of[newer].older) = older;
    (older == no_slot ? oldest_ : links_.of[older].newer) = newer;
    --size_;
  }

  std::uint32_t pop_oldest() {
    const std::uint32_t slot = oldest_;
    remove(slot);
    return slot;
  }

 private:
  SlotLinks& links_;
  std::uint32_t newest_ = no_slot;
  std::uint32_t oldest_ = no_slot;
  std::size_t size_ = 0;
};

}  // namespace cache_aside
