// For what another process does in its own time: ask again and again, with a bound.
//
//   CHECK(eventually(5s, [&] { return text_at(api.get(stats), "/total") == "1"; }));

#pragma once

#include <chrono>
#include <concepts>
#include <thread>

namespace testing {

// Whether `holds()` within `patience`. Asks at least once.
template <std::predicate Holds>
bool eventually(std::chrono::milliseconds patience, Holds holds) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!holds()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{10});  // between two questions
  }
  return true;
}

}  // namespace testing
