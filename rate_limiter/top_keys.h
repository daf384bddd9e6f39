// Who is refused most, in memory that does not grow: the Space-Saving sketch.
//
// `size` keys are counted. A key that is not among them takes the place of the one with the smallest count, and goes on
// from that count: so a count may be too high, by at most what the place had before, and never too low; and a key that
// makes up more than 1 / size of all refusals is always there.
//
// Source: Metwally, Agrawal, El Abbadi, "Efficient computation of frequent and top-k elements in data streams", 2005.
// Thread-safe, by one lock; used for refusals only.

#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace rate_limiter {

class TopKeys {
 public:
  explicit TopKeys(std::size_t size = 128) : size_(size) {}

  struct Place {
    std::string rule;
    std::string key;
    std::uint64_t count = 0;
    std::uint64_t too_high_by = 0;  // at most
  };

  void add(std::string_view rule, std::string_view key);
  // The first `count`, highest first.
  std::vector<Place> top(std::size_t count) const;

 private:
  using Name = std::pair<std::string, std::string>;
  struct LessName {
    using is_transparent = void;
    template <class A, class B>
    bool operator()(const A& a, const B& b) const {
      return std::pair<std::string_view, std::string_view>(a) < std::pair<std::string_view, std::string_view>(b);
    }
  };

  const std::size_t size_;
  mutable std::mutex mutex_;  // guards the two below
  std::vector<Place> places_;
  std::map<Name, std::size_t, LessName> by_name_;  // the place's number
};

}  // namespace rate_limiter
