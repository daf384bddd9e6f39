// From Beast's names of methods and fields to ours: the few that are found in O(1) (request.h). Pure.

#pragma once

#include <boost/beast/http/field.hpp>
#include <boost/beast/http/verb.hpp>
#include <optional>
#include <string_view>

#include "common/http/request.h"

namespace common::http {

Method to_method(boost::beast::http::verb verb) noexcept;

// `id` is what Beast takes `name` for; those that it does not know are compared by name.
std::optional<Header> known_header(boost::beast::http::field id, std::string_view name) noexcept;

}  // namespace common::http
