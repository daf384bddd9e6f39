// ETag, If-Match and If-None-Match: editing only what you have seen, and not sending what you have (RFC 9110
// section 13).
//
// A resource's version is its entity tag: version 3 is "3". A PATCH must name the version it is based on, so that of
// two people who edit at once one is told (412) instead of being overwritten; without it the answer is 428.
//
// An entity tag is an opaque string: "03" is not "3". Both headers take a list, or * for whatever there is. If-Match
// compares strongly (W/"3" matches nothing), If-None-Match weakly (W/"3" and "3" are the same).

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/http/request.h"
#include "common/http/response.h"

namespace common::http {

std::string etag(std::uint64_t version);  // "\"3\""

// The versions that may be edited. A store compares with one, in the same transaction as the edit; so with a list the
// caller goes on with the one that the store says is current, as long as it was named:
//
//   auto outcome = edit(…, precondition.version);
//   while (outcome is VersionMismatch && precondition.names(outcome.current)) outcome = edit(…, outcome.current);
//
// Each edit is exact, whoever else edits meanwhile, and it ends, for versions only rise. Trying `version` alone is
// safe too: an edit that was allowed may then get 412, none that was not gets through.
struct Precondition {
  std::optional<std::uint64_t> version;    // to try first, the highest named; nullopt: any version will do
  std::vector<std::uint64_t> others = {};  // named too

  bool names(std::uint64_t current) const noexcept;
};

// What the request's If-Match demands. The answer to send instead: 428 when `required` and absent; 412 when it is
// malformed, or names no version that can exist, weak tags included.
std::variant<Precondition, Response> if_match(const Request& request, bool required);

// Whether If-None-Match lets a GET or HEAD be answered with what has this entity tag. When it does not, the client
// has it: answer 304, with the ETag. True when the header is absent or malformed.
bool none_match(const Request& request, std::string_view etag);

// 412, with the version that the resource has.
Response precondition_failed(std::uint64_t current);

}  // namespace common::http
