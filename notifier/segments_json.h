// A user's segments as a JSON array, for one column of text. Pure.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/json.h"

namespace notifier {

inline std::string segments_to_json(const std::vector<std::string>& segments) {
  common::json::array array;
  for (const auto& segment : segments)
    array.emplace_back(segment);
  return common::json::serialize(array);
}

inline std::vector<std::string> segments_from_json(std::string_view text) {
  std::vector<std::string> segments;
  const auto parsed = common::parse_json(text).value();
  for (const auto& each : parsed.as_array())
    segments.emplace_back(each.as_string());
  return segments;
}

}  // namespace notifier
