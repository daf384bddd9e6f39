#include "common/http/router.h"

#include <map>

#include "tests/common/http/asked.h"

using namespace common::http;
using namespace testing;

namespace {

// A router whose handlers answer their own pattern and parameters: "/v1/{a} [x]".
struct Table {
  Router router;

  void add(Method method, const std::string& pattern) {
    router.add(method, pattern, {}, [](Request& request) -> Reply {
      std::string said(request.route);
      for (const auto param : request.params) {
        if (!param.empty()) said.append(" [").append(param).append("]");
      }
      return text(200, said);
    });
  }
  Response ask(std::string_view method, std::string_view target) const {
    ParsedRequest parsed(method, target);
    Reply reply = router.match(parsed.request).handler(parsed.request);
    return std::move(reply.response());
  }
  std::string get(std::string_view target) const {
    const Response response = ask("GET", target);
    return response.status == 200 ? response.body : std::to_string(response.status);
  }
};

}  // namespace

TEST_CASE("a path is matched segment by segment, literals first") {
  Table table;
  for (const char* pattern : {"/", "/metrics", "/v1/links", "/v1/links/{code}", "/v1/links/{code}/stats", "/{code}",
                              "/{code}+", "/v1/{thing}/all"}) {
    table.add(Method::get, pattern);
  }
  CHECK(table.get("/") == "/");
  CHECK(table.get("/metrics") == "/metrics");
  CHECK(table.get("/metrics?x=/y") == "/metrics");
  CHECK(table.get("/metricsx") == "/{code} [metricsx]");
  CHECK(table.get("/abc") == "/{code} [abc]");
  CHECK(table.get("/abc+") == "/{code}+ [abc]");
  CHECK(table.get("/a+b") == "/{code} [a+b]");
  CHECK(table.get("/+") == "/{code} [+]");
  CHECK(table.get("/v1/links/abc") == "/v1/links/{code} [abc]");
  CHECK(table.get("/v1/links/abc/stats") == "/v1/links/{code}/stats [abc]");
  CHECK(table.get("/v1/links/all") == "/v1/links/{code} [all]");
  CHECK(table.get("/v1/words/all") == "/v1/{thing}/all [words]");
}

TEST_CASE("what is no route is 404, the path in front of one too, with or without a slash behind") {
  Table table;
  for (const char* pattern : {"/v1/links", "/v1/links/{code}", "/a/b/c"})
    table.add(Method::get, pattern);
  for (const char* target : {"/", "/v1", "/v1/", "/v1/links/", "/v1//links", "//v1/links", "/v1/links/a/b", "/v1/LINKS",
                             "/a", "/a/b", "/a/b/", "/a/b/c/", "/a/b/c/d"}) {
    INFO(target);
    CHECK(table.get(target) == "404");
  }
  Table with_code;
  with_code.add(Method::get, "/v1/links");
  with_code.add(Method::get, "/{code}");
  CHECK(with_code.get("/v1") == "/{code} [v1]");  // a folder of routes hides no code
}

TEST_CASE("a number parameter takes decimal numbers of 64 bits") {
  Router router;
  std::uint64_t seen = 0;
  router.get("/users/{id:uint}", {}, [&](Request& request) -> Reply {
    seen = request.numbers[0];
    return Response{200};
  });
  const auto ask = [&](std::string_view target) {
    ParsedRequest parsed("GET", target);
    return router.match(parsed.request).handler(parsed.request).response().status;
  };
  CHECK(ask("/users/42") == 200);
  CHECK(seen == 42);
  CHECK(ask("/users/18446744073709551615") == 200);
  CHECK(seen == 18446744073709551615U);
  for (const char* bad : {"/users/", "/users/-1", "/users/+1", "/users/1a", "/users/a", "/users/0x1", "/users/1.0",
                          "/users/18446744073709551616", "/users/%201"}) {
    INFO(bad);
    CHECK(ask(bad) == 404);
  }
  CHECK(router.routes().back()->pattern == "/users/{id}");
  CHECK(router.routes().back()->parameters == std::vector<std::pair<std::string, bool>>{{"id", true}});
}

TEST_CASE("parameters arrive percent-decoded, once, and must be UTF-8") {
  Table table;
  table.add(Method::get, "/{a}/{b}");
  CHECK(table.get("/x%20y/%C3%BC") == "/{a}/{b} [x y] [\xc3\xbc]");
  CHECK(table.get("/a%2Fb/c") == "/{a}/{b} [a/b] [c]");
  CHECK(table.get("/%2541/c") == "/{a}/{b} [%41] [c]");
  CHECK(table.get("/a+b/c") == "/{a}/{b} [a+b] [c]");
  CHECK(table.get("/..%2f../c") == "/{a}/{b} [../..] [c]");
  for (const char* bad : {"/%/c", "/%2/c", "/%zz/c", "/%ff/c", "/%C3/c", "/%ED%A0%80/c", "/a/%80"}) {
    INFO(bad);
    CHECK(table.get(bad) == "400");
  }
  ParsedRequest nul("GET", "/a%00b/c");
  table.router.match(nul.request);
  CHECK(nul.request.params[0] == std::string_view("a\0b", 3));  // for the handler to refuse
}

TEST_CASE("a path that exists under other methods is 405, and Allow and OPTIONS name them") {
  Table table;
  table.add(Method::get, "/a");
  table.add(Method::patch, "/a");
  table.add(Method::delete_, "/a");
  table.add(Method::post, "/b");
  const std::map<std::string, std::string> allowed{{"/a", "GET, HEAD, PATCH, DELETE, OPTIONS"},
                                                   {"/b", "POST, OPTIONS"}};
  for (const auto& [path, allow] : allowed) {
    const Response refused = table.ask("PUT", path);
    CHECK(refused.status == 405);
    CHECK(refused.headers().find("Allow: " + allow + "\r\n") != std::string_view::npos);
    const Response options = table.ask("OPTIONS", path);
    CHECK(options.status == 204);
    CHECK(options.headers() == "Allow: " + allow + "\r\n");
  }
  CHECK(table.ask("GET", "/b").status == 405);
  CHECK(table.ask("HEAD", "/b").status == 405);
  CHECK(table.ask("HEAD", "/a").body == "/a");  // the engine leaves the body out
  CHECK(table.ask("OPTIONS", "/nothing").status == 404);
  CHECK(table.ask("OPTIONS", "*").status == 204);
}

TEST_CASE("a method that nobody knows is 501, whatever the path") {
  Table table;
  table.add(Method::get, "/a");
  for (const char* method : {"BREW", "TRACE", "get", "CONNECT"}) {
    CHECK(table.ask(method, "/a").status == 501);
    CHECK(table.ask(method, "/nothing").status == 501);
  }
  CHECK(table.ask("CONNECT", "example.com:443").status == 501);
}

TEST_CASE("an alias answers as the path that it stands for") {
  Table table;
  table.add(Method::get, "/v1/links/{code}");
  table.router.alias("/api/v1/", "/v1/");
  CHECK(table.get("/api/v1/links/a%20b") == "/v1/links/{code} [a b]");
  CHECK(table.get("/api/v1") == "404");
  CHECK(table.get("/api/links") == "404");
}

TEST_CASE("metrics get the template and never the path") {
  Table table;
  table.add(Method::get, "/v1/links/{code}");
  const auto route_of = [&](std::string_view method, std::string_view target) {
    ParsedRequest parsed(method, target);
    table.router.match(parsed.request);
    return std::string(parsed.request.route);
  };
  CHECK(route_of("GET", "/v1/links/abc") == "/v1/links/{code}");
  CHECK(route_of("GET", "/secret/path") == "unmatched");
  CHECK(route_of("PUT", "/v1/links/abc") == "unmatched");
  CHECK(route_of("BREW", "/v1/links/abc") == "unmatched");
}

TEST_CASE("a route added twice, or with too many parameters, is a mistake that is noticed at start") {
  Table table;
  table.add(Method::get, "/a/{x}");
  REQUIRE_THROWS_WITH(table.add(Method::get, "/a/{y}"), "route added twice: /a/{y}");
  REQUIRE_NOTHROW(table.add(Method::post, "/a/{y}"));
  REQUIRE_THROWS_WITH(table.add(Method::get, "/{a}/{b}/{c}/{d}/{e}"), "too many path parameters: /{a}/{b}/{c}/{d}/{e}");
}

TEST_CASE("query parameters are decoded, the first of each name counts") {
  ParsedRequest parsed("GET", "/?a=1&b=x+y%20z&empty=&bare&a=2&%61b=c&bad=%zz&amp=%26%3D&&=noname");
  const Request& request = parsed.request;
  CHECK(request.query_parameter("a") == "1");
  CHECK(request.query_parameter("b") == "x y z");
  CHECK(request.query_parameter("empty") == "");
  CHECK(request.query_parameter("bare") == "");
  CHECK(request.query_parameter("ab") == "c");
  CHECK(request.query_parameter("amp") == "&=");
  CHECK_FALSE(request.query_parameter("bad").has_value());
  CHECK_FALSE(request.query_parameter("absent").has_value());
  CHECK_FALSE(ParsedRequest("GET", "/").request.query_parameter("").has_value());
}

TEST_CASE("a query that does not decode is refused by routes that read it, and only by them") {
  Router router;
  const auto handler = [](Request& request) -> Reply {
    return text(200, request.query_parameter("tag").value_or("none"));
  };
  router.get("/list", {.query = {"tag"}}, handler);
  router.get("/other", {}, handler);
  const auto status = [&](std::string_view target) {
    ParsedRequest parsed("GET", target);
    Reply reply = router.match(parsed.request).handler(parsed.request);
    return reply.response().status;
  };
  CHECK(status("/list?tag=%C3%A9+x") == 200);
  for (const char* query : {"tag=%zz", "tag=%", "tag=%FF", "%zz=1", "x=1&tag=%C3"}) {
    INFO(query);
    CHECK(status(std::string("/list?") + query) == 400);
    CHECK(status(std::string("/other?") + query) == 200);
  }
}
