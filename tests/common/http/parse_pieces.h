// Parses a message that arrives in pieces, and says what came of it in a form that compares.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/http/request_parser.h"

namespace testing {

struct Parsed {
  common::http::RequestParser::State state = common::http::RequestParser::State::head;
  int status = 0;  // of a failure
  std::string code;
  std::string message;
  std::string method, target, path, query, authority;
  std::string fields;  // "name=value;" each
  std::string body;
  unsigned version = 0;
  bool keep_alive = false;
  bool expects_continue = false;
  std::size_t left = 0;  // bytes behind the message

  bool operator==(const Parsed&) const = default;
};

inline Parsed parse_pieces(const std::vector<std::string_view>& pieces, std::size_t max_body = 4096) {
  using common::http::Request;
  using common::http::RequestParser;
  using State = RequestParser::State;
  Request request;
  RequestParser parser(request);
  std::string unread;  // the caller keeps what the parser does not take yet
  for (const auto piece : pieces) {
    unread.append(piece);
    for (;;) {
      const State before = parser.state();
      const std::size_t used = parser.feed(unread);
      unread.erase(0, used);
      if (before == State::head && parser.state() == State::body) parser.set_max_body(max_body);
      const bool over = parser.state() == State::done || parser.state() == State::failed;
      if (over || used == 0 || unread.empty()) break;
    }
  }
  Parsed parsed;
  parsed.state = parser.state();
  if (parsed.state == State::failed) {
    parsed.status = parser.failure().status;
    parsed.code = parser.failure().code;
    parsed.message = parser.failure().message;
    return parsed;
  }
  if (parsed.state != State::done) return parsed;
  parsed.method = request.method_name;
  parsed.target = request.target;
  parsed.path = request.path;
  parsed.query = request.query;
  parsed.authority = request.authority;
  for (const auto& [name, value] : request.headers()) {
    parsed.fields.append(name).append("=").append(value).append(";");
  }
  parsed.body = request.body;
  parsed.version = request.version;
  parsed.keep_alive = parser.keep_alive();
  parsed.expects_continue = parser.expects_continue();
  parsed.left = unread.size();
  return parsed;
}

inline Parsed parse(std::string_view message, std::size_t max_body = 4096) {
  return parse_pieces({message}, max_body);
}

inline std::vector<std::string_view> single_bytes(std::string_view message) {
  std::vector<std::string_view> pieces;
  for (std::size_t i = 0; i < message.size(); ++i)
    pieces.push_back(message.substr(i, 1));
  return pieces;
}

}  // namespace testing
