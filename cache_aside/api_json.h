// Users and posts as JSON, in; and the schemas of all that goes in and out.

#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "cache_aside/post.h"
#include "cache_aside/user.h"
#include "common/http/response.h"
#include "common/json.h"

namespace cache_aside {

// Each answers 422 with every problem.
std::variant<User, common::http::Response> parse_new_user(const common::json::object& body);
std::variant<UserEdit, common::http::Response> parse_user_edit(const common::json::object& body);
std::variant<Post, common::http::Response> parse_new_post(const common::json::object& body, common::TimePoint now);
std::variant<std::string, common::http::Response> parse_post_edit(const common::json::object& body);

// JSON schemas, for /openapi.json.
extern const std::string_view schemas;

}  // namespace cache_aside
