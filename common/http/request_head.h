// What a head that is well-formed must still satisfy before anybody acts on it: unambiguous framing, a target of one of
// the four forms of RFC 9112 section 3.2, and one Host.

#pragma once

#include <optional>
#include <string_view>

#include "common/http/request.h"

namespace common::http {

struct ParseFailure {
  int status = 400;
  std::string_view code;     // "HEADER_FIELD_INVALID"
  std::string_view message;  // a sentence for the client
};

// Fills path, query and authority of `request` from its target and Host; says why it is refused, if it is.
// `repeated_framing`: a second Host, Content-Length or Transfer-Encoding was seen.
std::optional<ParseFailure> check_head(Request& request, bool repeated_framing);

}  // namespace common::http
