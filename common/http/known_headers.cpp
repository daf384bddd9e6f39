#include "common/http/known_headers.h"

#include "common/text.h"

namespace common::http {

namespace beast_http = boost::beast::http;

Method to_method(beast_http::verb verb) noexcept {
  switch (verb) {
    case beast_http::verb::get:
      return Method::get;
    case beast_http::verb::head:
      return Method::head;
    case beast_http::verb::post:
      return Method::post;
    case beast_http::verb::put:
      return Method::put;
    case beast_http::verb::patch:
      return Method::patch;
    case beast_http::verb::delete_:
      return Method::delete_;
    case beast_http::verb::options:
      return Method::options;
    default:
      return Method::other;
  }
}

std::optional<Header> known_header(beast_http::field id, std::string_view name) noexcept {
  using beast_http::field;
  switch (id) {
    case field::host:
      return Header::host;
    case field::connection:
      return Header::connection;
    case field::content_length:
      return Header::content_length;
    case field::content_type:
      return Header::content_type;
    case field::transfer_encoding:
      return Header::transfer_encoding;
    case field::expect:
      return Header::expect;
    case field::upgrade:
      return Header::upgrade;
    case field::accept:
      return Header::accept;
    case field::authorization:
      return Header::authorization;
    case field::cookie:
      return Header::cookie;
    case field::if_match:
      return Header::if_match;
    case field::if_none_match:
      return Header::if_none_match;
    case field::origin:
      return Header::origin;
    case field::referer:
      return Header::referer;
    case field::user_agent:
      return Header::user_agent;
    case field::access_control_request_method:
      return Header::access_control_request_method;
    case field::unknown:
      break;
    default:
      return std::nullopt;
  }
  const auto is = [&](std::string_view known) { return name.size() == known.size() && iequals(name, known); };
  if (is("x-request-id")) return Header::x_request_id;
  if (is("traceparent")) return Header::traceparent;
  if (is("idempotency-key")) return Header::idempotency_key;
  if (is("x-forwarded-for")) return Header::x_forwarded_for;
  if (is("last-event-id")) return Header::last_event_id;
  return std::nullopt;
}

}  // namespace common::http
