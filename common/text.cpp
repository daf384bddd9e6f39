#include "common/text.h"

#include <algorithm>
#include <cstddef>

namespace common {
namespace {

constexpr std::string_view hex_alphabet = "0123456789abcdef";
constexpr std::string_view base64url_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr std::uint8_t no_value = 0xFF;

constexpr std::array<std::uint8_t, 256> reverse(std::string_view alphabet) {
  std::array<std::uint8_t, 256> table{};
  for (auto& entry : table)
    entry = no_value;
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    table[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return table;
}

constexpr std::array<std::uint8_t, 256> make_hex_values() {
  auto table = reverse(hex_alphabet);
  for (std::uint8_t i = 0; i < 6; ++i)
    table['A' + i] = static_cast<std::uint8_t>(10 + i);
  return table;
}

constexpr auto hex_values = make_hex_values();

// The two digits of each byte.
constexpr auto hex_pairs = [] {
  std::array<std::array<char, 2>, 256> pairs{};
  for (std::size_t value = 0; value < pairs.size(); ++value)
    pairs[value] = {hex_alphabet[value / 16], hex_alphabet[value % 16]};
  return pairs;
}();
constexpr auto base64url_values = reverse(base64url_alphabet);

std::uint8_t byte(char c) noexcept {
  return static_cast<std::uint8_t>(c);
}

// The first character of `text`, not empty: how many bytes it takes, or, when it is ill-formed, how
// many bytes its maximal part has (table 3-7 of the Unicode standard).
struct Utf8Step {
  std::size_t size;
  bool valid;
};

Utf8Step utf8_step(std::string_view text) noexcept {
  const std::uint8_t lead = byte(text[0]);
  if (lead < 0x80) return {1, true};
  if (lead < 0xC2 || lead > 0xF4) return {1, false};
  const std::size_t size = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  std::uint8_t low = 0x80;
  std::uint8_t high = 0xBF;
  if (lead == 0xE0) low = 0xA0;   // overlong
  if (lead == 0xED) high = 0x9F;  // surrogates
  if (lead == 0xF0) low = 0x90;   // overlong
  if (lead == 0xF4) high = 0x8F;  // above U+10FFFF
  for (std::size_t i = 1; i < size; ++i) {
    if (i == text.size() || byte(text[i]) < low || byte(text[i]) > high) return {i, false};
    low = 0x80;
    high = 0xBF;
  }
  return {size, true};
}

}  // namespace

std::string hex_encode(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    text.push_back(hex_alphabet[byte(c) >> 4]);
    text.push_back(hex_alphabet[byte(c) & 0xF]);
  }
  return text;
}

std::optional<std::string> hex_decode(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  bytes.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const std::uint8_t high = hex_values[byte(text[i])];
    const std::uint8_t low = hex_values[byte(text[i + 1])];
    if (high == no_value || low == no_value) return std::nullopt;
    bytes.push_back(static_cast<char>(high << 4 | low));
  }
  return bytes;
}

std::array<char, 16> hex_digits(std::uint64_t value) noexcept {
  std::array<char, 16> digits;
  for (std::size_t i = digits.size(); i > 0; value >>= 8) {
    const auto& pair = hex_pairs[value & 0xFF];
    digits[--i] = pair[1];
    digits[--i] = pair[0];
  }
  return digits;
}

std::string base64url_encode(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() * 4 + 2) / 3);
  std::uint32_t pending = 0;
  int bits = 0;
  for (const char c : bytes) {
    pending = (pending << 8 | byte(c)) & 0xFFFF;
    for (bits += 8; bits >= 6;)
      text.push_back(base64url_alphabet[pending >> (bits -= 6) & 0x3F]);
  }
  if (bits > 0) text.push_back(base64url_alphabet[pending << (6 - bits) & 0x3F]);
  return text;
}

std::optional<std::string> base64url_decode(std::string_view text) {
  if (text.size() % 4 == 1) return std::nullopt;
  std::string bytes;
  bytes.reserve(text.size() * 3 / 4);
  std::uint32_t pending = 0;
  int bits = 0;
  for (const char c : text) {
    const std::uint8_t value = base64url_values[byte(c)];
    if (value == no_value) return std::nullopt;
    pending = (pending << 6 | value) & 0xFFFF;
    bits += 6;
    if (bits >= 8) bytes.push_back(static_cast<char>(pending >> (bits -= 8) & 0xFF));
  }
  if ((pending & ((1U << bits) - 1)) != 0) return std::nullopt;
  return bytes;
}

bool valid_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    const Utf8Step step = utf8_step(text);
    if (!step.valid) return false;
    text.remove_prefix(step.size);
  }
  return true;
}

std::string replace_invalid_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Utf8Step step = utf8_step(text);
    out.append(step.valid ? text.substr(0, step.size) : "\xEF\xBF\xBD");
    text.remove_prefix(step.size);
  }
  return out;
}

bool is_printable(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

bool iequals(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (ascii_lower(a[i]) != ascii_lower(b[i])) return false;
  }
  return true;
}

bool constant_time_equals(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  // volatile: the compiler may not notice that the answer is known early.
  volatile std::uint8_t difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference = static_cast<std::uint8_t>(difference | (byte(a[i]) ^ byte(b[i])));
  }
  return difference == 0;
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out.push_back(text[i]);
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    const std::uint8_t high = hex_values[byte(text[i + 1])];
    const std::uint8_t low = hex_values[byte(text[i + 2])];
    if (high == no_value || low == no_value) return std::nullopt;
    out.push_back(static_cast<char>(high << 4 | low));
    i += 2;
  }
  return out;
}

}  // namespace common
