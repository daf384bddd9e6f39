// What the server answers, as a plain value.
//
//   return Response{302}.header("Location", url);
//   return json(201, R"({"shortCode":"abc"})");
//   return error(404, "LINK_NOT_FOUND", "no link has this code");
//
// Headers are kept as the bytes that will be sent, so writing the answer is one copy. The engine adds Date,
// Content-Length or Transfer-Encoding, and Connection; nobody else sets those.

#pragma once

#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "common/runtime/task.h"

namespace common::http {

class BodyWriter;

// Writes a body whose length is not known beforehand: chunked, or until close for HTTP/1.0.
using BodyStream = std::function<Task<void>(BodyWriter&)>;

class Response {
 public:
  int status = 200;
  std::string body;
  BodyStream stream;                          // if set, `body` is not sent
  std::string_view stream_ping;               // a literal to send when the stream was silent for 15 s; empty: none
  bool close = false;                         // close the connection after this answer
  std::string_view error_code;                // of an error answer, a literal: for the access log
  std::shared_ptr<const std::string> reason;  // of failed(): for the log, beside the request id; never sent

  Response() = default;
  explicit Response(int status_code) : status(status_code) {}

  // Appends a header. Control characters in `value` are left out (RFC 9110 section 5.5): no input can add a header
  // or end the head.
  Response& header(std::string_view name, std::string_view value) &;
  Response&& header(std::string_view name, std::string_view value) && { return std::move(header(name, value)); }
  // Appends "Name: value\r\n" lines that are known to be well-formed.
  Response& raw_headers(std::string_view well_formed) {
    lines().append(well_formed);
    return *this;
  }
  bool has_header(std::string_view name) const noexcept;
  std::string_view headers() const noexcept { return headers_; }

 private:
  std::string& lines() {
    constexpr std::size_t usual = 512;              // bytes when the middleware is through
    if (headers_.empty()) headers_.reserve(usual);  // one allocation instead of one for each doubling
    return headers_;
  }

  std::string headers_;
};

struct Problem {
  std::string field;    // "longUrl"; empty when it is about the whole
  std::string problem;  // a sentence's end: "must be a string"
};

Response json(int status, std::string body);
Response text(int status, std::string body);

// {"error":{"code","message","details":[{"field","problem"}]}}. `code` must be a literal.
Response error(int status, std::string_view code, std::string_view message, const std::vector<Problem>& details = {});

// What a client may know of an expected failure: 503 with Retry-After for what may pass, 500 for the rest.
// The failure itself goes to the log, with the request's id (middleware/access_log.h).
Response failed(const Error& error);

// "Found" for 302; "Unknown" for what RFC 9110 does not name.
std::string_view reason_phrase(int status) noexcept;

// The client's end of a streamed body, for the handler that fills it.
class BodyWriter {
 public:
  virtual ~BodyWriter() = default;
  // Sends `bytes`. Waits while the client reads more slowly than we write; answers `closed` once it is gone.
  virtual Task<Result<void>> write(std::string bytes) = 0;
  // True once the client is gone or the server drains: time to end.
  virtual bool ending() const noexcept = 0;
};

}  // namespace common::http
