#include "notifier/quiet_hours.h"

#include <date/tz.h>

#include <mutex>
#include <unordered_map>

#include "common/text.h"

namespace notifier {
namespace {

// Looking a name up costs a search and, for an unknown one, an exception: each name once.
const date::time_zone* find_zone(std::string_view name) {
  static std::mutex mutex;
  static std::unordered_map<std::string, const date::time_zone*, common::StringHash, std::equal_to<>> known;
  const std::lock_guard lock(mutex);
  if (const auto found = known.find(name); found != known.end()) return found->second;
  const date::time_zone* zone = nullptr;
  try {
    zone = date::locate_zone(std::string(name));
  } catch (const std::exception&) {  // stays null: no such zone
  }
  if (zone || known.size() < 4096) known.emplace(name, zone);
  return zone;
}

// The first instant at which the wall shows `minute` of `day`, or has jumped over it.
common::TimePoint instant_of(const date::time_zone& zone, date::local_days day, int minute) {
  const auto local = day + std::chrono::minutes{minute};
  return zone.to_sys(local, date::choose::earliest);
}

}  // namespace

std::optional<int> parse_minute(std::string_view text) {
  const auto digit = [&](std::size_t i) { return text[i] >= '0' && text[i] <= '9' ? text[i] - '0' : 100; };
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  const int hours = digit(0) * 10 + digit(1);
  const int minutes = digit(3) * 10 + digit(4);
  if (hours > 23 || minutes > 59) return std::nullopt;
  return hours * 60 + minutes;
}

std::string format_minute(int minute) {
  const auto two = [](int value) {
    return std::string{static_cast<char>('0' + value / 10), static_cast<char>('0' + value % 10)};
  };
  return two(minute / 60) + ":" + two(minute % 60);
}

bool is_time_zone(std::string_view name) {
  return !name.empty() && name.size() <= 64 && find_zone(name) != nullptr;
}

std::optional<common::TimePoint> quiet_until(const QuietHours& quiet, std::string_view name, common::TimePoint now) {
  if (quiet.from == quiet.to) return std::nullopt;
  const auto* zone = name.empty() ? nullptr : find_zone(name);
  if (!zone) zone = find_zone("Etc/UTC");
  if (!zone) return std::nullopt;
  const auto today = date::floor<date::days>(zone->to_local(now));
  for (const auto day : {today - date::days{1}, today}) {  // quiet hours that began on this local day
    const auto last_day = quiet.to > quiet.from ? day : day + date::days{1};
    const auto begin = instant_of(*zone, day, quiet.from);
    const auto end = instant_of(*zone, last_day, quiet.to);
    if (now >= begin && now < end) return end;
  }
  return std::nullopt;
}

}  // namespace notifier
