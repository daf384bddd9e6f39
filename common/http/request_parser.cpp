#include "common/http/request_parser.h"

#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include "common/http/known_headers.h"
#include "common/http/request_head.h"
#include "common/text.h"

namespace common::http {
namespace {

namespace beast_http = boost::beast::http;
using boost::beast::string_view;
using boost::system::error_code;

constexpr std::size_t max_chunk_framing = 8 * 1024;  // one chunk header, or the last with all trailers
constexpr std::size_t trusted_length = 64 * 1024;    // of an announced body, before a byte of it came
constexpr std::size_t last_chunk_size = 5;           // "0\r\n\r\n"

std::string_view std_view(string_view s) {
  return {s.data(), s.size()};
}

}  // namespace

// Beast's grammar, storing views into Request::head_ instead of one allocation a field.
class RequestParser::Grammar final : public beast_http::basic_parser<true> {
 public:
  explicit Grammar(RequestParser& parser) : parser_(parser) {
    header_limit(max_head);
    body_limit(boost::none);
  }

  bool repeated_framing = false;  // a second Host, Content-Length or Transfer-Encoding
  bool too_many_fields = false;

 private:
  void on_request_impl(beast_http::verb verb, string_view name, string_view target, int version, error_code&) override {
    Request& request = parser_.request_;
    request.method = to_method(verb);
    request.method_name = std_view(name);
    request.target = std_view(target);
    request.version = static_cast<unsigned>(version);
  }

  void on_field_impl(beast_http::field field, string_view name, string_view value, error_code& ec) override {
    if (parser_.state_ != State::head) return;  // a trailer: well-formed, and of no interest
    Request& request = parser_.request_;
    if (request.fields_.size() == max_fields) {
      too_many_fields = true;
      ec = beast_http::error::header_limit;
      return;
    }
    if (const auto known = known_header(field, std_view(name))) {
      auto& index = request.known_[static_cast<std::size_t>(*known)];
      if (index < 0) {
        index = static_cast<std::int16_t>(request.fields_.size());
      } else if (*known == Header::host || *known == Header::content_length || *known == Header::transfer_encoding) {
        repeated_framing = true;
      }
    }
    request.fields_.push_back({std_view(name), std_view(value)});
  }

  std::size_t append(string_view bytes, error_code& ec) {
    std::string& body = parser_.request_.body;
    if (body.size() + bytes.size() > parser_.max_body_) {
      ec = beast_http::error::body_limit;
      return 0;
    }
    body.append(bytes.data(), bytes.size());
    return bytes.size();
  }
  std::size_t on_body_impl(string_view bytes, error_code& ec) override { return append(bytes, ec); }
  std::size_t on_chunk_body_impl(std::uint64_t, string_view bytes, error_code& ec) override {
    const std::size_t taken = append(bytes, ec);
    parser_.chunk_left_ -= taken;
    return taken;
  }
  void on_chunk_header_impl(std::uint64_t size, string_view extension, error_code& ec) override {
    parser_.extension_bytes_ += extension.size();
    const bool control = std::any_of(extension.begin(), extension.end(), [](char c) {
      return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;  // Beast lets a quoted one be
    });
    if (control || parser_.extension_bytes_ > max_chunk_framing) {
      ec = beast_http::error::bad_chunk_extension;
      return;
    }
    parser_.chunk_left_ = size;
    if (size > parser_.max_body_ - std::min(parser_.max_body_, parser_.request_.body.size())) {
      ec = beast_http::error::body_limit;
    }
  }
  void on_response_impl(int, string_view, int, error_code&) override {}
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  void on_finish_impl(error_code&) override {}

  RequestParser& parser_;
};

struct RequestParser::Slot {
  std::optional<Grammar> grammar;
};

RequestParser::RequestParser(Request& request) : request_(request), slot_(std::make_unique<Slot>()) {
  reset();
}
RequestParser::~RequestParser() = default;

void RequestParser::reset() {
  request_.reset();
  slot_->grammar.reset();
  state_ = State::head;
  failure_ = {};
  expects_continue_ = false;
  max_body_ = 0;
  extension_bytes_ = 0;
  chunk_left_ = 0;
}

bool RequestParser::head_empty() const noexcept {
  return request_.head_.empty();
}

bool RequestParser::begun() const noexcept {
  return state_ != State::head || (!request_.head_.empty() && request_.head_ != "\r");
}

bool RequestParser::keep_alive() const {
  return slot_->grammar && slot_->grammar->keep_alive();
}

std::optional<std::uint64_t> RequestParser::content_length() const {
  const auto length = slot_->grammar->content_length();
  if (!length) return std::nullopt;
  return *length;
}

void RequestParser::fail(int status, std::string_view code, std::string_view message) {
  failure_ = {status, code, message};
  state_ = State::failed;
}

std::size_t RequestParser::feed(std::string_view bytes) {
  if (state_ == State::head) return feed_head(bytes);
  if (state_ == State::body) return feed_body(bytes);
  return 0;
}

std::size_t RequestParser::feed_head(std::string_view bytes) {
  std::string& head = request_.head_;
  std::size_t skipped = 0;
  for (; skipped < bytes.size(); ++skipped) {  // RFC 9112 section 2.2: empty lines before a request
    if (head.empty() && bytes[skipped] == '\r') {
      head.push_back('\r');
    } else if (head == "\r" && bytes[skipped] == '\n') {
      head.clear();
    } else {
      break;
    }
  }
  bytes = bytes.substr(skipped, max_head - head.size());
  const std::size_t before = head.size();
  if (before > 0) head.append(bytes);
  const std::size_t end = find_end(before > 0 ? head : bytes, before);
  if (state_ == State::failed) return skipped;
  if (before == 0) {
    head.assign(bytes.substr(0, end));  // of pipelined requests only the first
  } else if (end != std::string_view::npos) {
    head.resize(end);
  }
  if (end != std::string_view::npos) {
    parse_head();
  } else if (head.size() == max_head) {
    if (head.find('\n') == std::string::npos) {
      fail(414, "TARGET_TOO_LONG", "the request target is longer than 8 KiB");
    } else {
      fail(431, "HEADERS_TOO_LARGE", "the request's head is larger than 32 KiB");
    }
  }
  return skipped + head.size() - before;
}

// The end of the head in `text`, behind its empty line; npos when that has not come yet. What lies before `from` has
// been looked through. Every line ends with CR LF, and none begins with white space: Beast would let the latter be
// (obs-fold), unfold it into a buffer of its own and leave us a view into that.
std::size_t RequestParser::find_end(std::string_view text, std::size_t from) {
  for (auto lf = text.find('\n', from == 0 ? 0 : from - 1); lf != std::string_view::npos;
       lf = text.find('\n', lf + 1)) {
    if (lf == 0 || text[lf - 1] != '\r') {
      fail(400, "REQUEST_MALFORMED", "lines end with CR LF");
      break;
    }
    if (lf >= 3 && text[lf - 2] == '\n') return lf + 1;
    if (lf + 1 < text.size() && (text[lf + 1] == ' ' || text[lf + 1] == '\t')) {
      fail(400, "HEADER_FOLDED", "header lines must not be folded (RFC 9112 section 5.2)");
      break;
    }
  }
  return std::string_view::npos;
}

void RequestParser::parse_head() {
  Grammar& grammar = slot_->grammar.emplace(*this);
  error_code ec;
  grammar.put(boost::asio::buffer(request_.head_), ec);
  using E = beast_http::error;
  if (ec) {
    if (grammar.too_many_fields) {
      return fail(431, "HEADERS_TOO_LARGE", "more than 100 header fields");
    }
    if (ec == E::bad_content_length || ec == E::multiple_content_length || ec == E::bad_transfer_encoding) {
      return fail(400, "FRAMING_AMBIGUOUS", "Content-Length and Transfer-Encoding contradict");
    }
    if (ec == E::bad_version) return fail(400, "HTTP_VERSION_INVALID", "HTTP/1.0 or HTTP/1.1");
    return fail(400, "REQUEST_MALFORMED", "not a well-formed HTTP/1.1 request head");
  }
  if (!grammar.is_header_done()) {
    return fail(400, "REQUEST_MALFORMED", "not a well-formed HTTP/1.1 request head");
  }
  if (auto refused = check_head(request_, grammar.repeated_framing)) {
    failure_ = *refused;
    state_ = State::failed;
    return;
  }
  expects_continue_ = request_.version == 11 && iequals(request_.header(Header::expect), "100-continue");
  state_ = grammar.is_done() ? State::done : State::body;
}

void RequestParser::set_max_body(std::size_t bytes) {
  max_body_ = bytes;
  if (const auto length = content_length()) {
    if (*length > bytes) return fail(413, "BODY_TOO_LARGE", "the body is larger than this server takes");
    request_.body.reserve(std::min<std::size_t>(static_cast<std::size_t>(*length), trusted_length));
  }
}

// One step of Beast's at a time: a chunk header (the last with its trailers), or data. Of a header it is shown at
// most max_chunk_framing bytes, so that the limit falls at the same place however the bytes came.
std::size_t RequestParser::feed_body(std::string_view bytes) {
  using E = beast_http::error;
  const bool chunked = !content_length();
  std::size_t used = 0;
  while (used < bytes.size() && state_ == State::body) {
    std::string_view step = bytes.substr(used);
    const bool framing = chunked && chunk_left_ == 0;
    if (framing) step = step.substr(0, max_chunk_framing);
    if (framing && step.size() < last_chunk_size) break;  // with less Beast's assertions fail
    error_code ec;
    used += slot_->grammar->put(boost::asio::buffer(step.data(), step.size()), ec);
    if (ec == E::body_limit) {
      fail(413, "BODY_TOO_LARGE", "the body is larger than this server takes");
    } else if (ec == E::need_more && step.size() < max_chunk_framing) {
      break;
    } else if (ec) {
      fail(400, "CHUNK_INVALID", "not a well-formed chunked body, or its chunk headers or trailers are too long");
    } else if (slot_->grammar->is_done()) {
      state_ = State::done;
    }
  }
  return used;
}

}  // namespace common::http
