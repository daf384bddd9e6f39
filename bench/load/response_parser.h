// Just enough of HTTP/1.1 to know where an answer ends and whether it is the right one. Pure.
//
// It is strict where leniency would let a broken server look fast: a malformed status line or
// header, a missing or contradictory Content-Length, and bytes nobody asked for are errors. Chunked
// answers are refused, saying so: no server measured here needs them for the requests sent.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace bench::load {

inline constexpr std::size_t head_bytes_max = 65'536;

enum class ParseState { incomplete, complete, malformed };

struct ResponseHead {
  ParseState state = ParseState::incomplete;
  int status = 0;
  std::size_t head_bytes = 0;    // with the empty line
  std::uint64_t body_bytes = 0;  // that follow
  bool close = false;            // the server will close the connection
  const char* problem = "";      // when malformed
};

// Parses the head at the start of `bytes`. `incomplete` until its empty line is there.
// `to_head_request`: the answer to a HEAD has no body whatever Content-Length says.
ResponseHead parse_response_head(std::string_view bytes, bool to_head_request);

}  // namespace bench::load
