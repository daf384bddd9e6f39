#include "common/units.h"

#include <array>
#include <charconv>
#include <limits>
#include <optional>
#include <span>
#include <system_error>

namespace common {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

// Smallest first; each divides the next.
constexpr std::array<Unit, 6> duration_units{{{"ns", 1},
                                              {"us", 1'000},
                                              {"ms", 1'000'000},
                                              {"s", 1'000'000'000},
                                              {"m", 60'000'000'000},
                                              {"h", 3'600'000'000'000}}};
constexpr std::array<Unit, 5> size_units{{{"", 1},
                                          {"KiB", std::uint64_t{1} << 10},
                                          {"MiB", std::uint64_t{1} << 20},
                                          {"GiB", std::uint64_t{1} << 30},
                                          {"TiB", std::uint64_t{1} << 40}}};

std::optional<std::uint64_t> parse(std::string_view text, std::span<const Unit> units, std::uint64_t limit) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return std::nullopt;
  const std::string_view name(end, static_cast<std::size_t>(text.data() + text.size() - end));
  for (const Unit& unit : units) {
    if (unit.name != name) continue;
    if (number > limit / unit.factor) return std::nullopt;
    return number * unit.factor;
  }
  return std::nullopt;
}

std::string format(std::uint64_t value, std::span<const Unit> units) {
  std::size_t best = 0;
  while (best + 1 < units.size() && value % units[best + 1].factor == 0)
    ++best;
  return std::to_string(value / units[best].factor).append(units[best].name);
}

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
  constexpr std::uint64_t limit = std::numeric_limits<std::int64_t>::max();
  if (const auto value = parse(text, duration_units, limit)) {
    return Duration{static_cast<std::int64_t>(*value)};
  }
  return Error{Failure::invalid, "'" + std::string(text) +
                                     "' is not a duration: write a whole number and a unit, such as "
                                     "250ms, 10s, 5m or 24h"};
}

Result<std::uint64_t> parse_size(std::string_view text) {
  constexpr std::uint64_t limit = std::numeric_limits<std::uint64_t>::max();
  if (const auto value = parse(text, size_units, limit)) return *value;
  return Error{Failure::invalid, "'" + std::string(text) +
                                     "' is not a size: write a whole number of bytes, or one with "
                                     "KiB, MiB, GiB or TiB, such as 64KiB"};
}

std::string format_duration(Duration duration) {
  if (duration.count() == 0) return "0s";
  const auto count = static_cast<std::uint64_t>(duration.count());
  if (duration.count() < 0) return "-" + format(std::uint64_t{0} - count, duration_units);
  return format(count, duration_units);
}

std::string format_size(std::uint64_t bytes) {
  if (bytes == 0) return "0";
  return format(bytes, size_units);
}

}  // namespace common
