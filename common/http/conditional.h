// ETag and If-Match: editing only what you have seen (RFC 9110 section 13).
//
// A resource's version is its entity tag: version 3 is "3". A PATCH must name the version it is based on, so that of
// two people who edit at once one is told (412) instead of being overwritten; without it the answer is 428.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "common/http/request.h"
#include "common/http/response.h"

namespace common::http {

std::string etag(std::uint64_t version);  // "\"3\""

struct Precondition {
  std::optional<std::uint64_t> version;  // nullopt: any version will do ("*", or none was required)
};

// What the request's If-Match demands. The answer to send instead: 428 when `required` and absent; 412 when it names
// no version that can exist, weak tags included (they never match strongly).
std::variant<Precondition, Response> if_match(const Request& request, bool required);

// 412, with the version that the resource has.
Response precondition_failed(std::uint64_t current);

}  // namespace common::http
