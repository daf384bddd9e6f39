#include "common/http/conditional.h"

#include <charconv>

namespace common::http {

std::string etag(std::uint64_t version) {
  return '"' + std::to_string(version) + '"';
}

std::variant<Precondition, Response> if_match(const Request& request, bool required) {
  if (!request.has(Header::if_match)) {
    if (!required) return Precondition{};
    return error(428, "PRECONDITION_REQUIRED", "send If-Match with the ETag of the version you edit");
  }
  const auto tag = request.header(Header::if_match);
  if (tag == "*") return Precondition{};
  std::uint64_t version = 0;
  if (tag.size() > 2 && tag.front() == '"' && tag.back() == '"') {
    const auto* const end = tag.data() + tag.size() - 1;
    const auto [rest, ec] = std::from_chars(tag.data() + 1, end, version);
    if (ec == std::errc{} && rest == end) return Precondition{version};
  }
  return error(412, "VERSION_MISMATCH", "If-Match does not name the current version");
}

Response precondition_failed(std::uint64_t current) {
  return error(412, "VERSION_MISMATCH", "somebody changed it since; read it again").header("ETag", etag(current));
}

}  // namespace common::http
