// Every order in which a few actors can take their steps.
//
//   for_each_schedule({4, 4, 3}, [](std::span<const int> order) { … });    11,550 calls: 11! / (4! 4! 3!)
//
// `order` names the actor of each step. An actor that needs fewer steps than it was given lets its last turns pass.

#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace testing {

template <class Visit>
void for_each_schedule(std::vector<int> steps, Visit visit) {
  std::size_t length = 0;
  for (const int count : steps)
    length += static_cast<std::size_t>(count);
  std::vector<int> order;
  const auto extend = [&](const auto& self) -> void {
    if (order.size() == length) return visit(std::span<const int>(order));
    for (std::size_t actor = 0; actor < steps.size(); ++actor) {
      if (steps[actor] == 0) continue;
      --steps[actor];
      order.push_back(static_cast<int>(actor));
      self(self);
      order.pop_back();
      ++steps[actor];
    }
  };
  extend(extend);
}

}  // namespace testing
