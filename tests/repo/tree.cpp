#include "tests/repo/tree.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>

#include "tests/support/catch.h"

namespace repo {
namespace {

namespace fs = std::filesystem;

const fs::path root = SOURCE_DIR;

// Folders that hold nothing anybody wrote. Hidden ones are skipped too, but for the CI's.
bool is_skipped(const fs::path& folder) {
  constexpr std::array skipped = {"build", "data", "bench/results", "__pycache__", "corpus"};
  const std::string path = folder.lexically_relative(root).generic_string();
  const std::string name = folder.filename().string();
  if (name.starts_with('.')) return name != ".ci" && name != ".github";
  return std::any_of(skipped.begin(), skipped.end(),
                     [&](std::string_view each) { return path == each || name == each; });
}

bool is_text(const std::string& bytes) {
  return bytes.find('\0') == std::string::npos;
}

std::string read(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::vector<File> read_tree() {
  std::vector<File> files;
  for (fs::recursive_directory_iterator entry(root), end; entry != end; ++entry) {
    if (entry->is_directory()) {
      if (is_skipped(entry->path())) entry.disable_recursion_pending();
      continue;
    }
    // A link at the root, such as an editor's compile_commands.json, is nobody's source; nor is a worktree's .git.
    if (!entry->is_regular_file() || entry->is_symlink() || entry->path().filename() == ".git") continue;
    const std::string text = read(entry->path());
    if (is_text(text)) files.push_back(sample(entry->path().lexically_relative(root).generic_string(), text));
  }
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  return files;
}

struct SplitLine {
  std::string code;
  std::string comment;
};

SplitLine split(std::string_view line) {
  SplitLine parts;
  char quote = 0;  // of the literal we are in
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quote != 0) {
      if (c == '\\') ++i;
      if (c != quote) continue;
      quote = 0;
    } else if (line.substr(i, 2) == "//") {
      parts.comment = line.substr(i);
      return parts;
    } else if (c == '"' || (c == '\'' && (i == 0 || std::isalnum(static_cast<unsigned char>(line[i - 1])) == 0))) {
      quote = c;  // the condition: 1'000 is a number
    }
    parts.code += c;
  }
  return parts;
}

}  // namespace

bool File::is_below(std::string_view folder_path) const {
  return path.starts_with(folder_path) && path.size() > folder_path.size() && path[folder_path.size()] == '/';
}

std::string File::folder() const {
  return fs::path(path).parent_path().generic_string();
}

std::string File::stem() const {
  return fs::path(path).stem().string();
}

const std::vector<File>& tree() {
  static const std::vector<File> files = read_tree();
  return files;
}

File sample(std::string path, std::string_view text) {
  File file{.path = std::move(path), .lines = {}, .ends_in_newline = text.empty() || text.ends_with('\n')};
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    file.lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return file;
}

const File& file_at(std::string_view path) {
  const auto& files = tree();
  const auto found = std::find_if(files.begin(), files.end(), [&](const File& file) { return file.path == path; });
  if (found == files.end()) throw std::runtime_error("there is no " + std::string(path));
  return *found;
}

bool exists(const std::string& path) {
  return fs::exists(root / path);
}

std::string code_of(std::string_view line) {
  return split(line).code;
}

std::string comment_of(std::string_view line) {
  return split(line).comment;
}

std::string_view included(std::string_view line) {
  constexpr std::string_view include = "#include \"";
  if (!line.starts_with(include)) return {};
  line.remove_prefix(include.size());
  return line.substr(0, line.find('"'));
}

void expect_none(const Findings& findings) {
  for (const auto& [path, line, what] : findings) {
    std::cerr << path << ':' << (line != 0 ? std::to_string(line) + ':' : "") << ' ' << what << '\n';
  }
  CHECK(findings.size() == 0);
}

const std::vector<std::string>& systems() {
  static const std::vector<std::string> names = {"url_shortener", "rate_limiter", "notifier", "chat", "cache_aside"};
  return names;
}

}  // namespace repo
