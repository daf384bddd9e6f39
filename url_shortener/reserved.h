// Codes that nobody gets, because the server answers them itself, and what codes and aliases may look like.
//
// A link called "metrics" would be unreachable behind /metrics, or worse, the other way round. So every first
// path segment that a server has, or may want one day, is in one table; aliases are refused, generators skip.
// Compared without regard to case: people type. Pure.

#pragma once

#include <string_view>

namespace url_shortener {

// Whether `code` is such a word, in upper, lower or mixed case.
bool is_reserved(std::string_view code) noexcept;

// Whether `text` has the form of a code, [A-Za-z0-9_-]{1,32}: a counter's begin with one character, aliases have 32 at
// most. What has not is in no store, and need not be looked up.
bool is_code(std::string_view text) noexcept;

// Whether `text` has the form of an alias, [A-Za-z0-9_-]{3,32}. Reserved words have it too: ask both.
bool is_alias(std::string_view text) noexcept;

}  // namespace url_shortener
