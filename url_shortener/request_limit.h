// How often a client may do something: "60/1m", all sixty at once if it likes, then one a second.
//
// The rule is the generic cell rate algorithm (ITU-T I.371; virtual scheduling): of each client one instant is kept,
// when it would have used everything up at the allowed pace. Local to the process, and bounded: past `clients_max`
// those not seen for longest are forgotten. Thread-safe; time is an argument.

#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "common/clock.h"
#include "common/result.h"
#include "common/text.h"

namespace url_shortener {

struct Rate {
  std::uint64_t count = 0;    // at least 1
  common::Duration period{};  // above 0
};

// "60/1m". `none` gives nullopt. Failure::invalid with a sentence for anything else.
common::Result<std::optional<Rate>> parse_rate(std::string_view text);

class RequestLimit {
 public:
  static constexpr std::size_t clients_max = 100'000;

  // Without a rate everything is allowed.
  explicit RequestLimit(std::optional<Rate> rate) : rate_(rate) {}

  // Takes one for `client`, if one is free at `now`. Otherwise says how long until one will be.
  std::optional<common::Duration> refuse(std::string_view client, common::Instant now);

 private:
  using Clients = std::unordered_map<std::string, common::Instant, common::StringHash, std::equal_to<>>;

  common::Instant& used_up_at(std::string_view client);

  const std::optional<Rate> rate_;
  std::mutex mutex_;  // guards the two below
  Clients young_;
  Clients old_;
};

}  // namespace url_shortener
