// A Response as bytes (RFC 9112). Pure: the date comes in as an argument.

#pragma once

#include <string>
#include <string_view>

#include "common/http/response.h"

namespace common::http {

struct WriteOptions {
  bool head_only = false;  // the answer to HEAD: every header, no body
  bool keep_alive = true;
  unsigned version = 11;       // the request's: 10 gets "Connection: keep-alive" spelled out, and no chunks
  std::string_view date = {};  // an IMF-fixdate (RFC 9110 section 5.6.7)
};

// Appends the head, and the body unless it is streamed, to `out`.
void write_response(const Response& response, const WriteOptions& options, std::string& out);

// Whether a streamed body of this answer is framed in chunks; if not, closing the connection ends it.
inline bool chunked(const WriteOptions& options) noexcept {
  return options.version >= 11;
}

void write_chunk(std::string_view bytes, std::string& out);  // bytes not empty
void write_last_chunk(std::string& out);

}  // namespace common::http
