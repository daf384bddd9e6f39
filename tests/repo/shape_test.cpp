// How files look: short enough to read, prose first in headers, lines that fit a screen.
//
// Limits, and why these: 120 columns, as .clang-format has it; 400 lines are two ideas already, tests
// aside; 60 lines are a wiring diagram, more is logic.

#include <algorithm>
#include <cctype>

#include "tests/repo/tree.h"
#include "tests/support/catch.h"

using namespace repo;

namespace {

constexpr std::size_t lines_max = 400;
constexpr std::size_t main_lines_max = 60;
constexpr std::size_t readme_lines_max = 120;
constexpr std::size_t study_page_lines_max = 230;
constexpr std::size_t code_columns_max = 120;
constexpr std::size_t script_columns_max = 140;  // pages and shell: a pipeline reads better in one piece
constexpr std::size_t prose_letters_min = 15;    // "What a short link is."

// Columns: code points, each taken for one column wide.
std::size_t width(std::string_view line) {
  return static_cast<std::size_t>(std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

bool is_script(const File& file) {
  const bool named = file.path.ends_with(".sh") || file.path.ends_with(".html");
  return named || (!file.lines.empty() && file.lines[0].starts_with("#!"));
}

bool is_system_file(const File& file, std::string_view name) {
  return std::any_of(systems().begin(), systems().end(),
                     [&](const std::string& system) { return file.path == system + "/" + std::string(name); });
}

std::size_t lines_allowed(const File& file) {
  if (is_system_file(file, "main.cpp")) return main_lines_max;
  if (is_system_file(file, "README.md")) return study_page_lines_max;
  if (file.path == "README.md") return readme_lines_max;
  const bool counted = file.is_cpp() || is_script(file);
  return counted && !file.is_below("tests") ? lines_max : std::string::npos;
}

std::size_t columns_allowed(const File& file) {
  if (file.is_cpp() || file.path.ends_with(".cmake") || file.path.ends_with("CMakeLists.txt")) return code_columns_max;
  return is_script(file) ? script_columns_max : std::string::npos;  // a Markdown table is as wide as it is
}

Findings too_long(const std::vector<File>& files) {
  Findings findings;
  for (const File& file : files) {
    if (const auto allowed = lines_allowed(file); file.lines.size() > allowed) {
      findings.push_back(
          {file.path, allowed + 1, std::to_string(file.lines.size()) + " lines; at most " + std::to_string(allowed)});
    }
  }
  return findings;
}

Findings too_wide(const std::vector<File>& files) {
  Findings findings;
  for (const File& file : files) {
    const std::size_t allowed = columns_allowed(file);
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      const std::size_t columns = width(file.lines[i]);
      if (columns <= allowed) continue;
      findings.push_back({file.path, i + 1, std::to_string(columns) + " columns; at most " + std::to_string(allowed)});
    }
  }
  return findings;
}

Findings untidy(const std::vector<File>& files) {
  Findings findings;
  for (const File& file : files) {
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      const std::string& line = file.lines[i];
      if (line.find('\t') != std::string::npos) findings.push_back({file.path, i + 1, "a tab"});
      if (line.ends_with('\r')) findings.push_back({file.path, i + 1, "ends in CR LF"});
      if (line.ends_with(' ')) findings.push_back({file.path, i + 1, "white space at the end"});
    }
    if (!file.ends_in_newline) findings.push_back({file.path, file.lines.size(), "the last line has no end"});
  }
  return findings;
}

// What is wrong with how a header begins; empty when nothing is.
std::string bad_opening(const File& header) {
  std::size_t letters = 0;
  for (const std::string& line : header.lines) {
    if (line == "#pragma once") return letters < prose_letters_min ? "opens without saying what it is" : "";
    if (!line.empty() && !line.starts_with("//")) return "code before #pragma once";
    letters += static_cast<std::size_t>(
        std::count_if(line.begin(), line.end(), [](unsigned char c) { return std::isalpha(c) != 0; }));
  }
  return "no #pragma once";
}

Findings without_prose(const std::vector<File>& files) {
  Findings findings;
  for (const File& file : files) {
    if (!file.is_header()) continue;
    const std::string what = bad_opening(file);
    if (!what.empty()) findings.push_back({file.path, 1, what});
  }
  return findings;
}

std::string repeat(std::string_view text, std::size_t times) {
  std::string result;
  while (times-- > 0)
    result += text;
  return result;
}

}  // namespace

TEST_CASE("a file that is too long or too wide is found") {
  CHECK(too_long({sample("common/a.cpp", repeat("x\n", 401))}).size() == 1);
  CHECK(too_long({sample("common/a.cpp", repeat("x\n", 400))}).empty());
  CHECK(too_long({sample("tests/a_test.cpp", repeat("x\n", 401))}).empty());
  CHECK(too_long({sample("chat/main.cpp", repeat("x\n", 61))}).size() == 1);
  CHECK(too_long({sample("chat/README.md", repeat("x\n", 231))}).size() == 1);
  CHECK(too_wide({sample("a.h", repeat("é", 120) + "\n")}).empty());
  CHECK(too_wide({sample("a.h", repeat("é", 121) + "\n")}).size() == 1);
  CHECK(too_wide({sample("a.md", repeat("x", 500) + "\n")}).empty());
}

TEST_CASE("tabs, trailing white space and a missing line end are found") {
  CHECK(untidy({sample("a", "\tx\n")}).size() == 1);
  CHECK(untidy({sample("a", "x \n")}).size() == 1);
  CHECK(untidy({sample("a", "x\r\n")}).size() == 1);
  CHECK(untidy({sample("a", "x")}).size() == 1);
  CHECK(untidy({sample("a", "x\n\n  y\n")}).empty());
}

TEST_CASE("a header that does not say what it is, is found") {
  CHECK(without_prose({sample("a.h", "#pragma once\n")}).size() == 1);
  CHECK(without_prose({sample("a.h", "// a.h\n#pragma once\n")}).size() == 1);
  CHECK(without_prose({sample("a.h", "#include <map>\n#pragma once\n")}).size() == 1);
  CHECK(without_prose({sample("a.h", "// What a short link is, for everybody.\n\nint x;\n")}).size() == 1);
  CHECK(without_prose({sample("a.h", "// What a short link is, for everybody.\n\n#pragma once\n")}).empty());
}

TEST_CASE("no file is too long to be read in one sitting, and main.cpp is a wiring diagram") {
  expect_none(too_long(tree()));
}

TEST_CASE("every line fits") {
  expect_none(too_wide(tree()));
}

TEST_CASE("no tabs, no white space at line ends, a line end behind the last line") {
  expect_none(untidy(tree()));
}

TEST_CASE("every header says in prose what it is before its code begins") {
  expect_none(without_prose(tree()));
}
