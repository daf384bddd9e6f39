// Durations and sizes as people write them in flags and files: 250ms, 10s, 5m; 512, 64KiB, 1MiB.
//
// A value is one whole number and one unit, nothing else: no spaces, signs, fractions or sums, so
// that reading a setting leaves no doubt. Formatting gives the shortest form that parsing reads
// back exactly.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/clock.h"
#include "common/result.h"

namespace common {

// Units: ns, us, ms, s, m (minutes), h. A bare number is refused: nobody knows whether it means
// seconds. Errors: Failure::invalid, with a message that shows the accepted form; also past 2^63 ns
// (292 years).
Result<Duration> parse_duration(std::string_view text);

// Units: none (bytes), KiB, MiB, GiB, TiB (powers of 1024). Errors: Failure::invalid, likewise; KB
// and K are refused, since they mean 1000 to some and 1024 to others. Up to 2^64 - 1 bytes.
Result<std::uint64_t> parse_size(std::string_view text);

// "90s", "24h", "0s". Negative durations get a leading '-', which parse_duration refuses.
std::string format_duration(Duration duration);

// "1MiB", "1500".
std::string format_size(std::uint64_t bytes);

}  // namespace common
