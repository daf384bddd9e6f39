// How often links were followed. Written in batches, off the redirect's path; read in O(1) from rollups
// (total, day, referrer, agent class), never by scanning clicks.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "common/runtime/task.h"

namespace url_shortener {

// Clicks of one code on one day from one referrer by one agent class, added up.
struct ClickCount {
  std::string code;
  std::string day;       // UTC, "2026-11-22"
  std::string referrer;  // host only, lower case; "" = none given ("direct")
  std::string agent;     // agent_class.h: "desktop", "mobile", "crawler", "tool", "unknown"
  std::uint64_t clicks = 0;
};

// Which batch it is: of one writer the numbers rise. What is repeated comes with the number that it had.
struct ClickBatchId {
  std::uint64_t writer = 0;  // below 2^63; 0: nobody repeats it
  std::uint64_t number = 0;
};

struct ClickStats {
  struct Row {
    std::string name;
    std::uint64_t clicks = 0;
  };
  std::uint64_t total = 0;
  std::vector<Row> daily;      // by day, ascending; at most 400
  std::vector<Row> referrers;  // most clicks first; at most 50
  std::vector<Row> agents;     // most clicks first
};

// A stranger's Referer header must not fill the disk: of each code this many referrers are told apart, later ones
// are added up under one name.
inline constexpr std::size_t referrers_kept_max = 1000;
inline constexpr std::string_view other_referrers = "(other)";

// Puts the rows of `stats` into the order and length that ClickStats promises.
void arrange(ClickStats& stats);

class ClickStore {
 public:
  virtual ~ClickStore() = default;

  // A batch is of one place: where several databases share the codes out, none could take a batch for two.
  virtual std::size_t places() const { return 1; }
  virtual std::size_t place_of(std::string_view code) const {
    (void)code;
    return 0;
  }

  // Adds all of `batch`, or none of it; nothing, when its writer has added it before. All its codes have one place.
  virtual common::Task<common::Result<void>> add(std::vector<ClickCount> batch, ClickBatchId id = {}) = 0;
  // All zero for a code without clicks, existing or not.
  virtual common::Task<common::Result<ClickStats>> stats(std::string code) = 0;
};

}  // namespace url_shortener
