#include "tests/repo/markdown.h"

#include <cctype>

namespace repo {
namespace {

// The lines with fenced blocks and `spans` blanked out.
std::vector<std::string> prose_of(const File& markdown) {
  std::vector<std::string> lines = markdown.lines;
  bool fenced = false;
  for (std::string& line : lines) {
    if (line.find("```") != std::string::npos) {
      fenced = !fenced;
      line.clear();
      continue;
    }
    bool code = fenced;
    for (char& c : line) {
      if (c == '`') code = !code;
      if (code) c = ' ';
    }
  }
  return lines;
}

std::size_t heading_level(std::string_view line) {
  const auto level = line.find_first_not_of('#');
  return level != std::string_view::npos && level > 0 && line[level] == ' ' ? level : 0;
}

std::string anchor(std::string_view heading) {
  std::string result;
  for (const char c : heading) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == ' ') {
      result += '-';
    } else if (byte >= 0x80 || std::isalnum(byte) != 0 || c == '-' || c == '_') {
      result += static_cast<char>(byte < 0x80 ? std::tolower(byte) : byte);
    }
  }
  return result;
}

}  // namespace

std::vector<Link> links_of(const File& markdown) {
  std::vector<Link> links;
  const auto lines = prose_of(markdown);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    for (auto at = lines[i].find("]("); at != std::string::npos; at = lines[i].find("](", at + 2)) {
      const auto end = lines[i].find(')', at);
      if (end != std::string::npos) links.push_back({i + 1, lines[i].substr(at + 2, end - at - 2)});
    }
  }
  return links;
}

std::vector<std::string> headings_of(const File& markdown, std::size_t level) {
  std::vector<std::string> headings;
  bool fenced = false;
  for (const std::string& line : markdown.lines) {
    if (line.find("```") != std::string::npos) fenced = !fenced;
    if (!fenced && heading_level(line) == level) headings.push_back(line.substr(level + 1));
  }
  return headings;
}

std::set<std::string> anchors_of(const File& markdown) {
  std::set<std::string> anchors;
  for (std::size_t level = 1; level <= 6; ++level) {
    for (const std::string& heading : headings_of(markdown, level))
      anchors.insert(anchor(heading));
  }
  return anchors;
}

}  // namespace repo
