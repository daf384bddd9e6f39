#include "common/http/openapi.h"

#include "common/json.h"
#include "tests/common/http/asked.h"

using namespace common::http;
using namespace testing;

TEST_CASE("the document lists the documented routes, and which of them need no token") {
  Application app(1000);
  const auto none = [](Request&) -> Reply { return Response{204}; };
  app.router().get("/open", {.summary = "Open", .is_public = true}, none);
  app.router().post("/things/{id:uint}", {.summary = "Make", .request_schema = "Thing"}, none);
  app.router().get("/hidden", {.documented = false}, none);
  add_openapi(app.router(), "test", "1", R"({"Thing": {"type": "object"}})");
  const auto document = common::parse_json(ask(app, request("GET", "/openapi.json")).body);
  REQUIRE(document.has_value());
  const auto& paths = document->at("paths").as_object();
  CHECK(paths.size() == 3);
  CHECK(paths.at("/open").at("get").as_object().contains("security"));
  CHECK_FALSE(paths.at("/things/{id}").at("post").as_object().contains("security"));
  CHECK_FALSE(paths.at("/openapi.json").at("get").as_object().contains("security"));
}

TEST_CASE("/openapi.json needs a token where others do") {
  Router router;
  add_openapi(router, "test", "1", "{}");
  ParsedRequest parsed("GET", "/openapi.json");
  CHECK_FALSE(router.match(parsed.request).options.is_public);
}

TEST_CASE("schemas that are none, and one that nobody wrote, are mistakes that are noticed at start") {
  Router router;
  REQUIRE_THROWS_AS(add_openapi(router, "test", "1", "[]"), std::invalid_argument);
  Router naming;
  naming.post("/a", {.request_schema = "Missing"}, [](Request&) -> Reply { return Response{204}; });
  REQUIRE_THROWS_WITH(add_openapi(naming, "test", "1", "{}"), "no schema is named Missing");
}
