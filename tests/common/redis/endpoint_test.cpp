#include "common/redis/endpoint.h"

#include "tests/support/catch.h"

using common::redis::parse_endpoint;

TEST_CASE("a Redis URL says host, port, user, password and database") {
  const auto plain = parse_endpoint("redis://cache.example").value();
  CHECK(plain.host == "cache.example");
  CHECK(plain.port == "6379");
  CHECK(plain.password.empty());
  CHECK(plain.database == 0);

  const auto full = parse_endpoint("redis://anna:p%40ss:w@[::1]:7000/12").value();
  CHECK(full.host == "::1");
  CHECK(full.port == "7000");
  CHECK(full.user == "anna");
  CHECK(full.password == "p@ss:w");
  CHECK(full.database == 12);
  CHECK(full.name() == "::1:7000/12");

  CHECK(parse_endpoint("redis://:secret@h/").value().password == "secret");
  CHECK(parse_endpoint("redis://:secret@h/").value().user.empty());
}

TEST_CASE("a malformed Redis URL is refused without repeating its password") {
  for (const auto* url : {"", "redis:", "http://h", "rediss://u:secret@h", "redis://", "redis://:secret@",
                          "redis://:secret@h:0", "redis://:secret@h:65536", "redis://:secret@h:6379x",
                          "redis://:secret@h/one", "redis://:secret@h/-1", "redis://:secret@[::1",
                          "redis://:secret@[::1]x:1", "redis://u:sec%ret@h", "redis://user@h", "redis://:secret@a b"}) {
    INFO(url);
    const auto endpoint = parse_endpoint(url);
    REQUIRE(endpoint.has_error());
    CHECK(endpoint.error().kind == common::Failure::invalid);
    CHECK(endpoint.error().message.find("sec") == std::string::npos);
  }
}
