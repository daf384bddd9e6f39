#include "common/http/conditional.h"

#include <algorithm>
#include <charconv>

#include "common/text.h"

namespace common::http {
namespace {

struct EntityTag {
  std::string_view opaque;  // with its quotes
  bool weak;
};

// A list may come in several lines, which count as one (RFC 9110 section 5.3).
std::string lines_of(const Request& request, std::string_view name) {
  std::string list;
  for (const auto& field : request.headers()) {
    if (iequals(field.name, name)) list.append(list.empty() ? "" : ", ").append(field.value);
  }
  return list;
}

void skip(std::string_view& text, std::string_view what) {
  text.remove_prefix(std::min(text.find_first_not_of(what), text.size()));
}

// 1#entity-tag (RFC 9110 sections 5.6.1 and 8.8.3): a tag may hold a comma, and a list empty elements. nullopt when it
// is malformed.
std::optional<std::vector<EntityTag>> parse_tags(std::string_view list) {
  std::vector<EntityTag> tags;
  for (;;) {
    skip(list, " \t,");
    if (list.empty()) return tags;
    const bool weak = list.starts_with("W/");
    if (weak) list.remove_prefix(2);
    const auto close = list.starts_with('"') ? list.find('"', 1) : std::string_view::npos;
    if (close == std::string_view::npos) return std::nullopt;
    tags.push_back({list.substr(0, close + 1), weak});
    list.remove_prefix(close + 1);
    skip(list, " \t");
    if (!list.empty() && list.front() != ',') return std::nullopt;
  }
}

// Only what etag() writes: "03", "+3" and "3 " are other tags, and nobody's.
std::optional<std::uint64_t> version_of(std::string_view opaque) {
  std::uint64_t version = 0;
  std::from_chars(opaque.data() + 1, opaque.data() + opaque.size() - 1, version);
  return etag(version) == opaque ? std::optional(version) : std::nullopt;
}

}  // namespace

std::string etag(std::uint64_t version) {
  return '"' + std::to_string(version) + '"';
}

bool Precondition::names(std::uint64_t current) const noexcept {
  return !version || *version == current || std::find(others.begin(), others.end(), current) != others.end();
}

std::variant<Precondition, Response> if_match(const Request& request, bool required) {
  if (!request.has(Header::if_match)) {
    if (!required) return Precondition{};
    return error(428, "PRECONDITION_REQUIRED", "send If-Match with the ETag of the version you edit");
  }
  const std::string list = lines_of(request, "if-match");
  if (list == "*") return Precondition{};
  std::vector<std::uint64_t> versions;
  for (const auto& tag : parse_tags(list).value_or(std::vector<EntityTag>{})) {
    if (const auto version = version_of(tag.opaque); version && !tag.weak) versions.push_back(*version);
  }
  if (versions.empty()) return error(412, "VERSION_MISMATCH", "If-Match does not name the current version");
  std::iter_swap(std::max_element(versions.begin(), versions.end()), versions.end() - 1);
  Precondition named{.version = versions.back()};
  versions.pop_back();
  named.others = std::move(versions);
  return named;
}

bool none_match(const Request& request, std::string_view etag) {
  if (!request.has(Header::if_none_match)) return true;
  const std::string list = lines_of(request, "if-none-match");
  if (list == "*") return false;
  if (etag.starts_with("W/")) etag.remove_prefix(2);
  const auto tags = parse_tags(list).value_or(std::vector<EntityTag>{});
  return std::none_of(tags.begin(), tags.end(), [&](const EntityTag& tag) { return tag.opaque == etag; });
}

Response precondition_failed(std::uint64_t current) {
  return error(412, "VERSION_MISMATCH", "somebody changed it since; read it again").header("ETag", etag(current));
}

}  // namespace common::http
