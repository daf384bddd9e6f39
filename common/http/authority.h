// host[:port], as Host headers and absolute-form targets have it (RFC 9110 section 7.2). Pure.

#pragma once

#include <string_view>

namespace common::http {

// Whether `authority` is what a Host header may hold: host[:port] (RFC 9110 section 7.2).
bool valid_authority(std::string_view authority) noexcept;

}  // namespace common::http
