#include "url_shortener/search_words.h"

#include <algorithm>

#include "common/text.h"

namespace url_shortener {
namespace {

bool in_word(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || static_cast<unsigned char>(c) >= 0x80;
}

// The character at `at`, which moves behind it; of %XX the byte that it stands for.
char take(std::string_view text, std::size_t& at) {
  const char c = text[at++];
  if (c != '%' || text.size() - at < 2) return common::ascii_lower(c);
  const auto byte = common::hex_decode(text.substr(at, 2));
  if (!byte) return c;
  at += 2;
  return common::ascii_lower(byte->front());
}

void add(std::vector<std::string>& words, std::string_view word) {
  if (word.empty() || words.size() == words_max) return;
  std::string whole = common::replace_invalid_utf8(word.substr(0, word_bytes_max));  // a cut may split a character
  if (std::find(words.begin(), words.end(), whole) == words.end()) words.push_back(std::move(whole));
}

void add_all(std::vector<std::string>& words, std::string_view text) {
  std::string word;
  for (std::size_t at = 0; at < text.size();) {
    const char c = take(text, at);
    if (in_word(c)) {
      word += c;
    } else {
      add(words, word);
      word.clear();
    }
  }
  add(words, word);
}

}  // namespace

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  add_all(words, text);
  return words;
}

std::vector<std::string> words_of(const Link& link) {
  std::vector<std::string> words;
  add_all(words, link.code);
  for (const auto& tag : link.tags)
    add_all(words, tag);
  const std::string_view url = link.long_url;
  const auto scheme = url.find("://");
  add_all(words, scheme == std::string_view::npos ? url : url.substr(scheme + 3));
  return words;
}

bool has_words(const Link& link, const std::vector<std::string>& words) {
  const auto has = words_of(link);
  return std::all_of(words.begin(), words.end(),
                     [&](const auto& word) { return std::find(has.begin(), has.end(), word) != has.end(); });
}

}  // namespace url_shortener
