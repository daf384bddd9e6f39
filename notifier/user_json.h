// Users and preferences as JSON: what the API and an import take, and what they say of what they refuse.

#pragma once

#include <string_view>
#include <variant>
#include <vector>

#include "common/http/json_body.h"
#include "notifier/user.h"

namespace notifier {

// 1 to 128 visible ASCII characters, none of / " \ < >.
bool is_user_id(std::string_view id);

// A user, or what is wrong with it. `id`: of the path; empty: the object has to have one.
std::variant<User, std::vector<common::http::Problem>> parse_user(const common::json::object& object,
                                                                  std::string_view id);
common::json::object to_json(const User& user);

std::variant<Preferences, common::http::Response> parse_preferences(const common::json::object& object);

}  // namespace notifier
