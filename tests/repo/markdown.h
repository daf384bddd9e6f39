// As much of Markdown as the checks of the documents need: headings, links, and what is code.

#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/repo/tree.h"

namespace repo {

struct Link {
  std::size_t line = 0;  // from 1
  std::string target;    // "../common/README.md#threads", "https://…"
};

// Every [text](target) outside of code.
std::vector<Link> links_of(const File& markdown);

// The texts of the headings of one level, in order: "## Run it" is level 2.
std::vector<std::string> headings_of(const File& markdown, std::size_t level);

// The anchors that GitHub gives to the headings: lower case, spaces as dashes, punctuation dropped.
std::set<std::string> anchors_of(const File& markdown);

}  // namespace repo
