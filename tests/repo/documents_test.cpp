// The documents agree with the tree: links lead somewhere, files that are named exist, lists are complete, and
// every study page has its parts in their order.

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>

#include "tests/repo/markdown.h"
#include "tests/repo/tree.h"
#include "tests/support/catch.h"

using namespace repo;

namespace {

namespace fs = std::filesystem;

const std::vector<std::string> study_page_parts = {
    "The question", "The numbers that decide it", "The shape",        "The alternatives", "Read the code", "Run it",
    "Break it",     "What is left out",           "In the interview", "Sources",
};

// ---- links ----

std::string resolved(const File& from, const std::string& target) {
  return (fs::path(from.folder()) / target).lexically_normal().generic_string();
}

// Why a link leads nowhere; empty when it leads somewhere, or out of the repository.
std::string broken(const File& from, const std::string& target, const std::vector<File>& files) {
  if (target.find("://") != std::string::npos || target.starts_with("mailto:")) return {};
  const auto hash = std::min(target.find('#'), target.size());
  const std::string path = hash == 0 ? from.path : resolved(from, target.substr(0, hash));
  const auto file = std::find_if(files.begin(), files.end(), [&](const File& each) { return each.path == path; });
  if (file == files.end() && !exists(path)) return "there is no " + path;
  if (hash == target.size()) return {};
  if (file == files.end() || !file->is_markdown()) return "an anchor into what is no document";
  if (!anchors_of(*file).contains(target.substr(hash + 1))) return "no heading of " + path + " has that anchor";
  return {};
}

Findings broken_links(const std::vector<File>& files) {
  Findings findings;
  for (const File& file : files) {
    if (!file.is_markdown()) continue;
    for (const auto& [line, target] : links_of(file)) {
      const std::string why = broken(file, target, files);
      if (!why.empty()) findings.push_back({file.path, line, "(" + target + "): " + why});
    }
  }
  return findings;
}

// ---- files that are named ----

bool in_path(char c) {
  constexpr std::string_view others = "_-./*{}$<>";
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || others.find(c) != std::string_view::npos;
}

// Paths from the root that a line speaks of: "common/clock.h", "docs/decisions/0004". Not patterns, not build/….
std::vector<std::string> named_paths(std::string_view line) {
  constexpr std::array tops = {"url_shortener", "rate_limiter", "notifier", "chat",    "cache_aside", "common",
                               "bench",         "tests",        "docs",     "scripts", "cmake"};
  constexpr std::array extensions = {".h", ".cpp", ".md", ".sql", ".sh", ".html", ".toml", ".lua", ".py", ".cmake"};
  std::vector<std::string> paths;
  for (std::size_t i = 0; i < line.size();) {
    std::size_t end = i;
    while (end < line.size() && in_path(line[end]))
      ++end;
    std::string token(line.substr(i, end - i));
    i = std::max(end, i + 1);
    while (token.ends_with('.'))
      token.pop_back();
    if (token.find_first_of("*{}$<>") != std::string::npos) continue;
    const auto slash = token.find('/');
    if (slash == std::string::npos) continue;
    if (std::find(tops.begin(), tops.end(), token.substr(0, slash)) == tops.end()) continue;
    const auto has = [&](std::string_view extension) { return token.ends_with(extension); };
    const bool file = std::any_of(extensions.begin(), extensions.end(), has);
    const bool decision = token.starts_with("docs/decisions/0") && token.size() == 19;
    if (file || decision) paths.push_back(token);
  }
  return paths;
}

// "docs/decisions/0004" stands for the one page with that number.
bool is_there(const std::string& path, const std::vector<File>& files) {
  return std::any_of(files.begin(), files.end(), [&](const File& file) {
    return file.path == path || (path.size() == 19 && file.path.starts_with(path + "-"));
  });
}

Findings named_but_missing(const std::vector<File>& files) {
  Findings findings;
  for (const File& file : files) {
    if (!file.is_cpp() && !file.is_markdown()) continue;
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      const std::string text = file.is_cpp() ? comment_of(file.lines[i]) : file.lines[i];
      for (const std::string& path : named_paths(text)) {
        if (!is_there(path, files)) findings.push_back({file.path, i + 1, "names " + path + ", which is not there"});
      }
    }
  }
  return findings;
}

// ---- lists and their order ----

bool links_to(const File& page, const std::string& path) {
  const auto links = links_of(page);
  return std::any_of(links.begin(), links.end(), [&](const Link& link) { return resolved(page, link.target) == path; });
}

// Files below `folder` that the page does not link to.
Findings unlisted(const std::vector<File>& files, const File& page, const std::string& folder,
                  std::string_view extension) {
  Findings findings;
  for (const File& file : files) {
    const bool listed = file.is_below(folder) && file.path.ends_with(extension) && file.path != page.path;
    if (listed && !links_to(page, file.path)) findings.push_back({page.path, 0, "has no line for " + file.path});
  }
  return findings;
}

Findings misshapen_decisions(const std::vector<File>& files) {
  const std::vector<std::string> parts = {"Context", "Decision", "Consequences"};
  Findings findings;
  std::size_t number = 0;
  for (const File& file : files) {
    if (!file.is_below("docs/decisions") || file.stem() == "README") continue;
    ++number;
    const std::string digits = file.stem().substr(0, 4);
    if (digits != std::string(4 - std::to_string(number).size(), '0') + std::to_string(number)) {
      findings.push_back({file.path, 0, "decisions have no gaps: this one should be " + std::to_string(number)});
    }
    if (file.lines.empty() || !file.lines[0].starts_with("# " + std::to_string(number) + ". ")) {
      findings.push_back({file.path, 1, "should begin with '# " + std::to_string(number) + ". '"});
    }
    const auto headings = headings_of(file, 2);
    auto next = headings.begin();
    for (const std::string& part : parts) {  // others may stand between
      next = std::find(next, headings.end(), part);
      if (next == headings.end()) {
        findings.push_back({file.path, 0, "lacks '## " + part + "', or has it out of order"});
        break;
      }
    }
  }
  return findings;
}

Findings misshapen_study_pages(const std::vector<File>& files) {
  Findings findings;
  for (const File& file : files) {
    const bool study_page = std::any_of(systems().begin(), systems().end(),
                                        [&](const auto& system) { return file.path == system + "/README.md"; });
    if (!study_page) continue;
    const auto headings = headings_of(file, 2);
    for (std::size_t i = 0; i < std::max(headings.size(), study_page_parts.size()); ++i) {
      const std::string has = i < headings.size() ? headings[i] : "nothing";
      const std::string wanted = i < study_page_parts.size() ? study_page_parts[i] : "nothing";
      if (has == wanted) continue;
      findings.push_back({file.path, 0, "has '" + has + "' where '" + wanted + "' should be"});
      break;
    }
  }
  return findings;
}

}  // namespace

TEST_CASE("a link that leads nowhere is found, whether to a file or to a heading") {
  const auto broken_in = [](std::string_view text) {
    return broken_links({sample("docs/a.md", text), sample("docs/b.md", "# B\n\n## Why not `SO_REUSEPORT`?\n")}).size();
  };
  CHECK(broken_in("[b](b.md) [up](../docs/b.md) [web](https://example.com/nothing)\n") == 0);
  CHECK(broken_in("[c](c.md)\n") == 1);
  CHECK(broken_in("[b](b.md#why-not-so_reuseport)\n") == 0);
  CHECK(broken_in("[b](b.md#why)\n") == 1);
  CHECK(broken_in("`[c](c.md)`\n") == 0);
  CHECK(broken_in("```\n[c](c.md)\n```\n") == 0);
}

TEST_CASE("a file that a comment or a document names, and that is not there, is found") {
  const auto missing = [](std::string path, std::string_view text) {
    return named_but_missing({sample(std::move(path), text), sample("docs/decisions/0004-epoll.md", "")}).size();
  };
  CHECK(missing("a.h", "// See common/nothing.h.\n") == 1);
  CHECK(missing("a.h", "f(\"common/nothing.h\");\n") == 0);
  CHECK(missing("a.md", "`tests/nothing_test.cpp`\n") == 1);
  CHECK(missing("a.md", "build/release/tests/nothing.cpp, tests/*_test.cpp and prefix/common/x.h\n") == 0);
  CHECK(missing("a.h", "// (docs/decisions/0004)\n") == 0);
  CHECK(missing("a.h", "// (docs/decisions/0099)\n") == 1);
}

TEST_CASE("a study page whose parts are missing or out of order is found") {
  CHECK(misshapen_study_pages({sample("chat/README.md", "# Chat\n\n## Run it\n")}).size() == 1);
  std::string page = "# Chat\n";
  for (const std::string& part : study_page_parts)
    page += "\n## " + part + "\n\n### detail\n";
  CHECK(misshapen_study_pages({sample("chat/README.md", page)}).empty());
  CHECK(misshapen_study_pages({sample("chat/README.md", page + "\n## And more\n")}).size() == 1);
}

TEST_CASE("a decision without its parts or its number is found") {
  const auto wrong = [](std::string name, std::string_view text) {
    return misshapen_decisions({sample("docs/decisions/" + name, text)}).size();
  };
  constexpr std::string_view good = "# 1. A\n\n## Context\n\n## Decision\n\n## What it costs\n\n## Consequences\n";
  CHECK(wrong("0001-a.md", good) == 0);
  CHECK(wrong("0002-a.md", good) == 1);
  CHECK(wrong("0001-a.md", "# 1. A\n\n## Decision\n\n## Context\n\n## Consequences\n") == 1);
  CHECK(wrong("0001-a.md", "# A\n\n## Context\n\n## Decision\n\n## Consequences\n") == 1);
}

TEST_CASE("every link in the documents leads somewhere") {
  expect_none(broken_links(tree()));
}

TEST_CASE("every file that a comment or a document names is there") {
  expect_none(named_but_missing(tree()));
}

TEST_CASE("common/README.md has a line for each header of common") {
  expect_none(unlisted(tree(), file_at("common/README.md"), "common", ".h"));
}

TEST_CASE("decisions are numbered, have their parts, and stand in the index") {
  expect_none(misshapen_decisions(tree()));
  expect_none(unlisted(tree(), file_at("docs/decisions/README.md"), "docs/decisions", ".md"));
}

TEST_CASE("every study page has its ten parts in their order") {
  expect_none(misshapen_study_pages(tree()));
}
