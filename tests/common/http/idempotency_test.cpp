#include "common/http/idempotency.h"

#include "tests/common/http/asked.h"

using namespace common::http;
using namespace testing;

namespace {

struct Routes {
  Router router;

  Routes() {
    const auto none = [](Request&) -> Reply { return Response{204}; };
    router.post("/users/{id:uint}/follow/{target:uint}", {}, none);
    router.post("/{a}/{b}", {}, none);
    router.post("/shorten", {}, none);
    router.alias("/api/", "/");
  }
  IdempotencyKey key(const std::string& target, const std::string& body = {}, const std::string& subject = {}) const {
    ParsedRequest parsed(request("POST", target, "Idempotency-Key: \"k\"\r\n"));
    parsed.request.body = body;
    parsed.request.subject = subject;
    router.match(parsed.request);
    auto found = idempotency_key(parsed.request);
    return std::get<std::optional<IdempotencyKey>>(found).value();
  }
  std::string hash(const std::string& target, const std::string& body = {}) const {
    return key(target, body).request_hash;
  }
};

}  // namespace

// Once the hash was the body's alone, and following 3 was answered with "you follow 2".
TEST_CASE("requests with one key that differ in path, query or body are not the same request") {
  const Routes routes;
  const std::string follow = routes.hash("/users/1/follow/2");
  CHECK(routes.hash("/users/1/follow/2") == follow);
  CHECK(routes.hash("/users/1/follow/3") != follow);
  CHECK(routes.hash("/users/2/follow/2") != follow);
  CHECK(routes.hash("/users/1/follow/2?notify=no") != follow);
  CHECK(routes.hash("/users/1/follow/2", "x") != follow);
  CHECK(routes.key("/users/1/follow/3").scope == routes.key("/users/1/follow/2").scope);
}

TEST_CASE("no part of a request can lend its end to the next") {
  const Routes routes;
  CHECK(routes.hash("/ab/c") != routes.hash("/a/bc"));
  CHECK(routes.hash("/a/b?c") != routes.hash("/a/bc"));
  CHECK(routes.hash("/a/b?c") != routes.hash("/a/b", "c"));
  CHECK(routes.hash("/a/b?0:") != routes.hash("/a/b", "0:"));
  CHECK(routes.hash("/a/b1%3Ac") != routes.hash("/a1%3Ab/c"));
}

TEST_CASE("under an alias, or encoded otherwise, it is the same request") {
  const Routes routes;
  CHECK(routes.hash("/api/users/1/follow/2") == routes.hash("/users/1/follow/2"));
  CHECK(routes.key("/api/users/1/follow/2").scope == routes.key("/users/1/follow/2").scope);
  CHECK(routes.hash("/%61/b") == routes.hash("/a/b"));
}

TEST_CASE("a key belongs to its caller and route") {
  const Routes routes;
  CHECK(routes.key("/shorten", "x", "ann").scope != routes.key("/shorten", "x", "bob").scope);
  CHECK(routes.key("/shorten", "x").scope != routes.key("/a/b", "x").scope);
}

TEST_CASE("a key is 1 to 255 printable characters, quoted or bare") {
  const auto status = [](const std::string& value) {
    const ParsedRequest parsed(request("POST", "/shorten", "Idempotency-Key: " + value + "\r\n"));
    const auto key = idempotency_key(parsed.request);
    const auto* refused = std::get_if<Response>(&key);
    return refused ? refused->status : 200;
  };
  CHECK(status("abc") == 200);
  CHECK(status("\"abc\"") == 200);
  CHECK(status(std::string(255, 'x')) == 200);
  for (const std::string& bad : {std::string(), std::string("\"\""), std::string("a b"), std::string("a\"b"),
                                 std::string("\xc3\xbc"), std::string(256, 'x')}) {
    INFO(bad);
    CHECK(status(bad) == 400);
  }
}

TEST_CASE("a key is in flight until its ticket is given back") {
  const Routes routes;
  InFlightKeys keys;
  auto first = keys.enter(routes.key("/users/1/follow/2"));
  REQUIRE(first.has_value());
  CHECK_FALSE(keys.enter(routes.key("/users/1/follow/3")).has_value());  // the same key: not both at once
  CHECK(keys.enter(routes.key("/shorten")).has_value());
  first.reset();
  CHECK(keys.enter(routes.key("/users/1/follow/3")).has_value());
}
