// Bytes in, a Request out: HTTP/1.1's message syntax (RFC 9112) without any I/O.
//
// Beast's basic_parser does the grammar; this adds what a server facing strangers must refuse, because two
// parsers in a row may read it differently (request smuggling, RFC 9112 section 11.2):
//
//   1. A head is at most `max_head` bytes (431) and at most 100 fields (431).
//   2. obs-fold is refused; so are a missing, empty or repeated Host, and characters no Host may have.
//   3. Content-Length is one number, once, and never beside Transfer-Encoding.
//   4. Transfer-Encoding is exactly "chunked", once, and never in HTTP/1.0.
//   5. Chunk headers and trailers are bounded; trailers are checked and dropped.
//   6. A body past `max_body` is refused as soon as its length is known, without reading it.
//
// After `failed` the connection's framing is unknown: answer, then close.

#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "common/http/request.h"
#include "common/http/request_head.h"

namespace common::http {

class RequestParser {
 public:
  enum class State { head, body, done, failed };

  static constexpr std::size_t max_head = 32 * 1024;
  static constexpr std::size_t max_fields = 100;

  explicit RequestParser(Request& request);
  ~RequestParser();
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;

  // Takes what it needs of `bytes` and returns how much that was. Stops at the head's end (state `body`, if a
  // body follows) so that the caller can decide about it, and at the message's end (`done`).
  std::size_t feed(std::string_view bytes);

  State state() const noexcept { return state_; }
  bool untouched() const noexcept { return state_ == State::head && head_empty(); }
  // Whether there is a byte of a request; half an empty line before it is none.
  bool begun() const noexcept;
  const ParseFailure& failure() const noexcept { return failure_; }

  // From the head's end on.
  bool keep_alive() const;
  bool expects_continue() const noexcept { return expects_continue_; }
  std::optional<std::uint64_t> content_length() const;
  // Call in state `body`; 413 when the length is known to be past it, otherwise enforced while reading.
  void set_max_body(std::size_t bytes);

  // Ready for the next message; the Request is reset too.
  void reset();

 private:
  class Grammar;
  struct Slot;  // where the Grammar of each message is built, so that none is allocated

  bool head_empty() const noexcept;
  std::size_t feed_head(std::string_view bytes);
  std::size_t feed_body(std::string_view bytes);
  std::size_t find_end(std::string_view text, std::size_t from);
  void parse_head();
  void fail(int status, std::string_view code, std::string_view message);

  Request& request_;
  std::unique_ptr<Slot> slot_;
  State state_ = State::head;
  ParseFailure failure_;
  bool expects_continue_ = false;
  std::size_t max_body_ = 0;
  std::size_t extension_bytes_ = 0;  // of all chunks so far
  std::uint64_t chunk_left_ = 0;     // data bytes of the chunk at hand
};

}  // namespace common::http
