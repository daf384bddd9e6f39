// Lists in pages: ?limit=20&cursor=…
//
// A cursor says where the last page ended by the values that the list is sorted by ("after this
// time and code"), not by an offset, so that a page costs the same however deep, and rows added or
// removed meanwhile neither repeat nor hide others. Clients get it as an opaque text: base64url of
// a version byte, the values, and a checksum that also covers the list's name, so that a cursor
// mangled on its way, or taken from another list, is refused instead of misread. It is not a
// signature: a cursor grants nothing, the query behind it must check the caller's rights like any
// other.
//
//   const std::string next = encode_cursor("links", {created_us, code});
//   const auto after = decode_cursor("links", text, "it");      // an integer, then a text
//
// Pure.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/result.h"

namespace common {

using CursorField = std::variant<std::int64_t, std::string>;

inline constexpr std::size_t page_limit_default = 20;
inline constexpr std::size_t page_limit_max = 100;
inline constexpr std::size_t cursor_text_max = 2'048;  // bytes; longer ones are refused unread

// `list`: a fixed name. Texts of at most 65,535 bytes.
std::string encode_cursor(std::string_view list, const std::vector<CursorField>& fields);

// `kinds`: what each field must be, 'i' for an integer, 't' for a text. Errors: Failure::invalid
// for anything that encode_cursor did not make for this list with these kinds.
Result<std::vector<CursorField>> decode_cursor(std::string_view list, std::string_view text, std::string_view kinds);

// The limit parameter: a whole number from 1 to page_limit_max, page_limit_default when absent.
// Errors: Failure::invalid, with a message fit to show.
Result<std::size_t> parse_page_limit(std::optional<std::string_view> text);

}  // namespace common
