// Requests without a connection: parsed, or asked of an Application and answered.
#pragma once

#include <string>
#include <vector>

#include "common/http/application.h"
#include "tests/common/http/scripted_service.h"
#include "tests/support/catch.h"
#include "tests/support/protocol_driver.h"
#include "tests/support/raw_client.h"

namespace testing {

// A Request as the engine would hand it over.
struct ParsedRequest {
  common::http::Request request;
  common::http::RequestParser parser{request};

  explicit ParsedRequest(const std::string& bytes) {
    parser.feed(bytes);
    REQUIRE(parser.state() == common::http::RequestParser::State::done);
  }
  ParsedRequest(std::string_view method, std::string_view target) : ParsedRequest(testing::request(method, target)) {}
};

inline RawResponse ask(common::http::Service& service, const std::string& bytes, bool over_tls = false) {
  ProtocolDriver wire(service);
  wire.over_tls = over_tls;
  wire.receive(bytes);
  wire.settle();
  std::string sent = wire.take();
  auto response = take_response(sent, bytes.starts_with("HEAD "));
  REQUIRE(response.has_value());
  CHECK(sent.empty());
  return *response;
}

}  // namespace testing
