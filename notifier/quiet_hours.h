// Do not disturb: from when to when, by the clock on the user's wall. Pure but for the time zone rules, which are the
// system's (tzdata), read once.
//
// What falls into quiet hours is sent when they end, not dropped. The day is local: 22:00 to 07:00 goes past midnight,
// and a night in which clocks change is an hour shorter or longer. An end that the clocks jump over is the instant of
// the jump; of an end that there is twice, the first counts. From equal to To is no quiet hours.
//
// Units: minutes after local midnight. Thread-safe.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/clock.h"

namespace notifier {

struct QuietHours {
  int from = 0;  // 0 to 1439
  int to = 0;

  bool operator==(const QuietHours&) const = default;
};

// "22:00" and back.
std::optional<int> parse_minute(std::string_view text);
std::string format_minute(int minute);

bool is_time_zone(std::string_view name);

// When the quiet hours that `now` is in end; nullopt when it is in none. `zone`: "" is UTC, as is one that the system
// does not know.
std::optional<common::TimePoint> quiet_until(const QuietHours& quiet, std::string_view zone, common::TimePoint now);

}  // namespace notifier
