#include "cache_aside/user.h"

#include "common/json.h"

namespace cache_aside {

std::string to_json(const User& user) {
  return "{\"id\":" + std::to_string(user.id) + ",\"name\":" + common::json_quote(user.name) +
         ",\"email\":" + common::json_quote(user.email) + ",\"version\":" + std::to_string(user.version) + "}";
}

}  // namespace cache_aside
