// A client of a server's JSON API, for tests: blocking, one kept-alive connection, strict about
// what comes back.
//
//   ApiClient api(server.port());
//   const auto link = api.post("/shorten", R"({"longUrl":"https://example.com"})");
//   CHECK(link.status == 201);
//   CHECK(text_at(link, "/shortCode") == "abc");
//
// `headers` are whole lines: "If-Match: \"1\"\r\n". One thread at a time.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/json.h"
#include "tests/support/raw_client.h"

namespace testing {

class ApiClient {
 public:
  explicit ApiClient(std::uint16_t port) : port_(port) {}

  RawResponse get(std::string_view path, std::string_view headers = {});
  RawResponse head(std::string_view path, std::string_view headers = {});
  RawResponse remove(std::string_view path, std::string_view headers = {});
  RawResponse post(std::string_view path, std::string_view json, std::string_view headers = {});
  RawResponse patch(std::string_view path, std::string_view json, std::string_view headers = {});
  RawResponse request(std::string_view method, std::string_view path, std::string_view headers,
                      std::optional<std::string_view> body = std::nullopt);

  // Creates a link from the members of a JSON object and returns its code; throws when that fails.
  std::string shorten(std::string_view members);
  // Creates a link to `url`.
  std::string shorten_url(std::string_view url);

  std::uint16_t port() const noexcept { return port_; }

 private:
  std::uint16_t port_;
  std::optional<RawClient> connection_;
};

// The body as JSON; throws when it is none.
common::json::value json_of(const RawResponse& response);
// The string at a JSON pointer ("/error/code"), any other value as JSON text, "" when there is
// nothing.
std::string text_at(const RawResponse& response, std::string_view pointer);
std::string text_at(const common::json::value& value, std::string_view pointer);

inline std::string error_code(const RawResponse& response) {
  return text_at(response, "/error/code");
}

// An If-Match line for `response`'s ETag.
inline std::string if_match(const RawResponse& response) {
  return "If-Match: " + response.header("ETag") + "\r\n";
}

}  // namespace testing
