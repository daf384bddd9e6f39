#include "url_shortener/tags_json.h"

#include "common/json.h"

namespace url_shortener {

std::optional<std::string> tags_to_json(const std::vector<std::string>& tags) {
  if (tags.empty()) return std::nullopt;
  common::json::array array;
  for (const auto& tag : tags)
    array.emplace_back(tag);
  return common::json::serialize(array);
}

std::vector<std::string> tags_from_json(std::string_view text) {
  std::vector<std::string> tags;
  const auto value = common::parse_json(text).value();
  for (const auto& tag : value.as_array())
    tags.emplace_back(tag.as_string());
  return tags;
}

}  // namespace url_shortener
