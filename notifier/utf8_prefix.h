// Well-formed UTF-8 cut to a number of bytes, between two characters. Pure.

#pragma once

#include <cstddef>
#include <string_view>

namespace notifier {

// At most `bytes` of `text`, none of its characters in part. At least one byte of what is not empty, whatever `bytes`.
constexpr std::string_view utf8_prefix(std::string_view text, std::size_t bytes) noexcept {
  if (text.size() <= bytes) return text;
  std::size_t end = bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80)
    --end;
  return text.substr(0, end > 0 ? end : bytes > 0 ? bytes : 1);
}

}  // namespace notifier
