#include "url_shortener/search_words.h"

#include "common/text.h"
#include "tests/support/catch.h"

using namespace url_shortener;

namespace {

using Words = std::vector<std::string>;

Link link_to(std::string url, std::string code = "abc", Words tags = {}) {
  Link link;
  link.code = std::move(code);
  link.long_url = std::move(url);
  link.tags = std::move(tags);
  return link;
}

}  // namespace

TEST_CASE("words are runs of letters and digits, in lower case, each once") {
  CHECK(words_of("Hello, World-2 hello") == Words{"hello", "world", "2"});
  CHECK(words_of("").empty());
  CHECK(words_of(" ?&%/ ").empty());
}

TEST_CASE("a link's words are those of its code, its tags and its URL without the scheme") {
  CHECK(words_of(link_to("https://Example.com/a/News?id=7", "My-Talk", {"two words"})) ==
        Words{"my", "talk", "two", "words", "example", "com", "a", "news", "id", "7"});
}

TEST_CASE("a letter beyond ASCII is the same word however it is spelled") {
  CHECK(words_of("https://example.com/%C3%BCber%20uns").back() == "uns");
  CHECK(words_of(link_to("https://example.com/%C3%BCber%20uns", "x")) == Words{"x", "example", "com",
                                                                               "\xC3\xBC"
                                                                               "ber",
                                                                               "uns"});
  CHECK(words_of("\xC3\xBC"
                 "ber") == Words{"\xC3\xBC"
                                 "ber"});
  CHECK(words_of("100%25 %41%2") == Words{"100", "a", "2"});
}

TEST_CASE("every word is well-formed UTF-8 of bounded length, whatever the URL holds") {
  const auto words = words_of(link_to("https://example.com/%FF%FE/" + std::string(500, 'y') + "/%C3", "x"));
  for (const auto& word : words) {
    CHECK(common::valid_utf8(word));
    CHECK(word.size() <= 2 * word_bytes_max);
  }
  CHECK(has_words(link_to("https://example.com/" + std::string(500, 'y')), words_of(std::string(500, 'y'))));
  CHECK(words_of(std::string("\xC3\xBC") + std::string(62, 'a') + "\xC3\xBC").front().size() <= 2 * word_bytes_max);
}

TEST_CASE("of a link only so many words count") {
  std::string url = "https://example.com/";
  for (int i = 0; i < 200; ++i)
    url += std::to_string(i) + "/";
  CHECK(words_of(link_to(url)).size() == words_max);
}

TEST_CASE("a link is found by all of the words, not by some") {
  const Link link = link_to("https://example.com/news/2026", "abc", {"press"});
  CHECK(has_words(link, {"news", "press", "abc"}));
  CHECK_FALSE(has_words(link, {"news", "blog"}));
  CHECK_FALSE(has_words(link, {"new"}));
  CHECK(has_words(link, {}));
}
