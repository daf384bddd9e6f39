// Words that must not stand in the tree, each with what to do instead.

#include <array>
#include <cctype>
#include <string>

#include "tests/repo/tree.h"
#include "tests/support/catch.h"

using namespace repo;

namespace {

// Put together, so that this file is not the first to be found.
const std::string to_do = std::string("TO") + "DO";
const std::string fix_me = std::string("FIX") + "ME";
const std::string open_marker = std::string("{") + "{";

bool letter_or_digit(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

// Whether `word` stands in `text` as a word of its own.
bool has_word(std::string_view text, std::string_view word) {
  for (auto at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const bool begins = at == 0 || !letter_or_digit(text[at - 1]);
    const auto end = at + word.size();
    if (begins && (end == text.size() || !letter_or_digit(text[end]))) return true;
  }
  return false;
}

std::string lower_case(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

// What is wrong with a line of C++, if anything.
std::string bad_code(const File& file, std::string_view line) {
  const std::string code = code_of(line);
  if (has_word(code, "detached")) return "detached swallows failures: common::spawn logs them";
  if (file.is_header() && has_word(code, "using namespace") && code.find("literals") == std::string::npos) {
    return "using namespace in a header reaches everybody who includes it";
  }
  if (file.is_below("tests") && has_word(code, "sleep_for") && comment_of(line).empty()) {
    return "a test waits for no clock: inject time; where slowness is the subject, say so behind "
           "it";
  }
  return {};
}

// What is wrong with a line of any file.
std::string bad_text(std::string_view line) {
  if (has_word(line, to_do) || has_word(line, fix_me)) return "unfinished work is an issue, not a comment";
  constexpr std::array machines = {"home", "root", "work", "Users"};  // where people and jobs have their folders
  for (const std::string_view name : machines) {
    const std::string machine = "/" + std::string(name) + "/";
    const auto at = line.find(machine);
    if (at == std::string_view::npos) continue;
    const bool absolute = at == 0 || (!letter_or_digit(line[at - 1]) && line[at - 1] != '.');
    const auto next = at + machine.size();
    if (absolute && next < line.size() && letter_or_digit(line[next])) return "a path of one machine";
  }
  return {};
}

// Praise that a number should replace.
std::string praise(std::string_view line) {
  constexpr std::array words = {"blazing",    "lightning",        "ultra-fast",   "zero-copy",   "scalable",
                                "robust",     "seamless",         "powerful",     "world-class", "cutting-edge",
                                "effortless", "enterprise-grade", "battle-tested"};
  const std::string text = lower_case(line);
  for (const std::string_view word : words) {
    if (has_word(text, word)) return "'" + std::string(word) + "': a number belongs here, or nothing";
  }
  return {};
}

Findings bad_words(const std::vector<File>& files) {
  Findings findings;
  for (const File& file : files) {
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      const auto note = [&](const std::string& what) {
        if (!what.empty()) findings.push_back({file.path, i + 1, what});
      };
      note(bad_text(file.lines[i]));
      if (file.is_cpp()) note(bad_code(file, file.lines[i]));
      if (file.is_markdown()) note(praise(file.lines[i]));
    }
  }
  return findings;
}

// Places in documents that wait for a measured number or a program's real output.
Findings markers(const std::vector<File>& files) {
  Findings findings;
  for (const File& file : files) {
    if (!file.is_markdown()) continue;
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      const auto at = file.lines[i].find(open_marker);
      if (at == std::string::npos) continue;
      findings.push_back({file.path, i + 1, "not filled in: " + file.lines[i].substr(at, 60)});
    }
  }
  return findings;
}

std::size_t found(std::string path, std::string_view line) {
  return bad_words({sample(std::move(path), line)}).size();
}

}  // namespace

TEST_CASE("banned words are found, and only as words") {
  CHECK(found("a.cpp", "asio::co_spawn(io, run(), asio::detached);\n") == 1);
  CHECK(found("a.cpp", "// nothing is ever detached\n") == 0);
  CHECK(found("a.h", "using namespace std;\n") == 1);
  CHECK(found("a.h", "using namespace std::chrono_literals;\n") == 0);
  CHECK(found("a.cpp", "using namespace std;\n") == 0);
  CHECK(found("tests/a_test.cpp", "std::this_thread::sleep_for(1s);\n") == 1);
  CHECK(found("tests/a_test.cpp", "std::this_thread::sleep_for(1s);  // the stall under test\n") == 0);
  CHECK(found("common/a.cpp", "co_await sleep_for(1s);\n") == 0);
  CHECK(found("a.md", "later (" + to_do + ")\n") == 1);
  CHECK(found("a.md", "a " + lower_case(to_do) + " list\n") == 0);
  CHECK(found("a.sh", std::string("cd /") + "home/anna/loadbearing\n") == 1);
  CHECK(found("a.sh", std::string("cd /") + "work/loadbearing\n") == 1);
  CHECK(found("a.md", "https://example.com/home/today and ~/home/today\n") == 0);
  CHECK(found("a.md", "A Scalable design.\n") == 1);
}

TEST_CASE("a marker that nobody filled in is found") {
  CHECK(markers({sample("a.md", "it takes " + open_marker + "bench:a/b/c}} us\n")}).size() == 1);
  CHECK(markers({sample("a.cpp", "f(" + open_marker + "1}});\n")}).empty());
}

TEST_CASE("no banned words, no machine's paths, no praise") {
  expect_none(bad_words(tree()));
}

TEST_CASE("every number and every output in the documents is filled in") {
  expect_none(markers(tree()));
}
