// A link's tags as stores keep them in a column: a JSON array, or NULL for none.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace url_shortener {

std::optional<std::string> tags_to_json(const std::vector<std::string>& tags);

// Throws std::runtime_error for what tags_to_json() did not write: a broken store.
std::vector<std::string> tags_from_json(std::string_view text);

}  // namespace url_shortener
