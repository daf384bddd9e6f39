// The words by which a link is found: what ?q= is compared with.
//
// A word is a run of letters and digits: ASCII ones in lower case, and whatever lies beyond ASCII as it is. A link's
// words are those of its code, of its tags, and of its URL behind "https://", where %C3%BC is read as the letter it
// stands for. International hosts are in a normalised URL as punycode, and found as that.
//
// Bounds: a word is cut at 64 bytes, on both sides of the comparison, and of a link the first 48 different words count.
// Pure.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "url_shortener/link.h"

namespace url_shortener {

inline constexpr std::size_t word_bytes_max = 64;
inline constexpr std::size_t words_max = 48;  // of one link

// The different words of `text`, in the order in which they first come.
std::vector<std::string> words_of(std::string_view text);
std::vector<std::string> words_of(const Link& link);

// Whether `link` has all of `words`.
bool has_words(const Link& link, const std::vector<std::string>& words);

}  // namespace url_shortener
