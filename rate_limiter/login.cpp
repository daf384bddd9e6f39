#include "rate_limiter/login.h"

#include <fstream>
#include <sstream>
#include <stdexcept>

#include "common/http/json_body.h"
#include "common/random.h"
#include "common/text.h"

namespace rate_limiter {

namespace http = common::http;
namespace json = common::json;

void Login::add_routes(http::Router& router) {
  router.post("/login",
              {.summary = "Log in; 5 a minute for each client address",
               .is_public = true,
               .max_body = 16 * 1024,
               .request_schema = "Credentials",
               .responses = {{200, "a token", "Token"}, {401, "wrong", "Error"}, {429, "too often", "Error"}}},
              [this](http::Request& request) -> http::Reply { return log_in(request); });
}

common::Task<http::Response> Login::log_in(http::Request& request) {
  const auto body = http::read_json(request);
  if (body.has_error()) co_return body.error();
  http::JsonFields fields(*body, {"user", "password"});
  const std::string user = fields.required_string("user");
  std::string password = fields.required_string("password");
  if (password.size() > Passwords::password_bytes_max) fields.refuse("password", "must be at most 1024 bytes");
  if (fields.refused()) co_return fields.refusal();

  const auto right = co_await passwords_.check(user, std::move(password));
  if (right.has_error()) co_return http::failed(right.error());
  if (!*right) co_return http::error(401, "CREDENTIALS_WRONG", "user or password is wrong");
  const auto now = std::chrono::floor<std::chrono::seconds>(clock_.now());
  const auto seconds = now.time_since_epoch().count();
  json::object claims;
  claims["sub"] = user;
  claims["iat"] = seconds;
  claims["exp"] = seconds + token_lifetime.count();
  json::object answer;
  answer["token"] = key_.sign(claims);
  answer["tokenType"] = "Bearer";
  answer["expiresIn"] = token_lifetime.count();
  co_return http::json(200, json::serialize(answer)).header("Cache-Control", "no-store");
}

common::JwtKey signing_key(const std::string& path) {
  if (path.empty()) {
    common::SecureRandom random;
    std::string secret;
    for (int i = 0; i < 4; ++i) {
      const auto digits = common::hex_digits(random.next());
      secret.append(digits.data(), digits.size());
    }
    return common::JwtKey(secret);
  }
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) throw std::runtime_error("cannot read " + path);
  common::JwtKey key(text.view());
  try {
    key.sign({});
  } catch (const std::logic_error&) {
    throw std::runtime_error(path + " verifies tokens only: POST /login needs a key that signs");
  }
  return key;
}

}  // namespace rate_limiter
