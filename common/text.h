// Bytes as text and back: the small codecs that every server needs, exact and without surprises.
//
// Decoders are strict: they accept one spelling of each value and answer std::nullopt to everything
// else, so that two different strings never mean the same token, cursor or time. No function here
// looks at the locale, reads a clock, or throws (std::bad_alloc aside). All are pure, hence safe
// from any thread.

#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "common/clock.h"

namespace common {

// Hexadecimal. Encoding gives lower case; decoding takes both cases and an even number of digits.
std::string hex_encode(std::string_view bytes);
std::optional<std::string> hex_decode(std::string_view text);

// The 16 lower-case digits of `value`, most significant first. No allocation.
std::array<char, 16> hex_digits(std::uint64_t value) noexcept;

// base64url without padding (RFC 4648 section 5, as RFC 7515 uses it). Decoding refuses padding,
// white space, the characters '+' and '/', impossible lengths, and bits set beyond the last byte.
std::string base64url_encode(std::string_view bytes);
std::optional<std::string> base64url_decode(std::string_view text);

// Well-formed UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF.
bool valid_utf8(std::string_view text) noexcept;

// `text` with every ill-formed part replaced by U+FFFD, one for each maximal part (Unicode 15,
// section 3.9).
std::string replace_invalid_utf8(std::string_view text);

// ASCII letters only; any other byte is left as it is.
constexpr char ascii_lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Lets an unordered container of strings be asked for a string_view without making a string of it:
// std::unordered_map<std::string, T, StringHash, std::equal_to<>>.
struct StringHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
};

// Only visible ASCII: no space, no control character, nothing above 0x7e.
bool is_printable(std::string_view text) noexcept;

// Equal but for the case of ASCII letters: header names, schemes, hosts.
bool iequals(std::string_view a, std::string_view b) noexcept;

// Whether two secrets are equal, in a time that depends on their lengths only.
bool constant_time_equals(std::string_view a, std::string_view b) noexcept;

// Resolves %XX (RFC 3986 section 2.1). '+' stays '+'. nullopt if a '%' lacks its two digits. The
// result may hold any byte, NUL and CR LF included: whoever passes it on checks it.
std::optional<std::string> percent_decode(std::string_view text);

// Times (text_time.cpp). Formatting takes years 0000 to 9999; a time outside is shown as the
// nearest inside.

// "2026-11-22T04:46:18.123Z": RFC 3339 in UTC, cut (not rounded) to milliseconds; always 24
// characters.
std::string format_rfc3339(TimePoint time);

// Any RFC 3339 time with its offset ("2026-11-22T05:46:18.5+01:00"), at any precision, cut to
// microseconds. Refuses dates and hours that do not exist, a missing offset, and second 60, which
// this clock cannot show.
std::optional<TimePoint> parse_rfc3339(std::string_view text);

// "2026-11-22": the UTC day that holds `time`.
std::string day_string(TimePoint time);

// "Sun, 22 Nov 2026 04:46:18 GMT": the only date format that HTTP may send (RFC 9110
// section 5.6.7).
std::string format_http_date(TimePoint time);

}  // namespace common
