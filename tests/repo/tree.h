// The repository as its own tests see it: every text file, line by line, and what is wrong with it.
//
// A check is a plain function from files to findings. So each is first tried on a few lines made up to be
// wrong, and only then let loose on the tree: a check that never fires would pass as well.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace repo {

struct File {
  std::string path;                // from the root: "common/clock.h"
  std::vector<std::string> lines;  // without their ends
  bool ends_in_newline = true;

  bool is_header() const { return path.ends_with(".h"); }
  bool is_cpp() const { return is_header() || path.ends_with(".cpp"); }
  bool is_markdown() const { return path.ends_with(".md"); }
  bool is_below(std::string_view folder) const;  // "tests"
  std::string folder() const;                    // "url_shortener"; "" at the root
  std::string stem() const;                      // "link_store_memory"
};

struct Finding {
  std::string path;
  std::size_t line = 0;  // from 1; 0: the file as a whole
  std::string what;
};
using Findings = std::vector<Finding>;

// All text files of the repository but what is built, generated or ignored. Read once.
const std::vector<File>& tree();

// A file made up for trying out a check. `text` as it would stand on the disk.
File sample(std::string path, std::string_view text);

// The file at `path`; throws std::runtime_error when there is none.
const File& file_at(std::string_view path);

// Whether `path`, from the root, is a file or folder.
bool exists(const std::string& path);

// The part of a line of C++ that is code, with its strings emptied, and the part from "//" on. Line by line:
// knows neither block comments nor raw strings of several lines.
std::string code_of(std::string_view line);
std::string comment_of(std::string_view line);

// What an #include "…" names; empty for any other line.
std::string_view included(std::string_view line);

// Fails the running test if there are findings, and lists each on stderr as path:line: what (Catch would wrap them).
void expect_none(const Findings& findings);

// The systems, in the order of their ports. Those not there yet are simply not found.
const std::vector<std::string>& systems();

}  // namespace repo
