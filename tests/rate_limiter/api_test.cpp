// The limiter's HTTP interface: what a client sees.

#include "rate_limiter/api.h"

#include "tests/rate_limiter/limiter_under_test.h"

using namespace rate_limiter;
using namespace testing;

namespace {

constexpr Ticks second = ticks_per_second;

std::vector<Rule> one_rule(Rule rule) {
  std::vector<Rule> rules;
  rules.push_back(std::move(rule));
  return rules;
}

}  // namespace

TEST_CASE("a check says what the contract says, in body and headers") {
  LimiterServer server;
  const auto allowed = server.check("login", "192.0.2.1");
  CHECK(allowed.status == 200);
  CHECK(allowed.body ==
        "{\"allowed\":true,\"rule\":\"login\",\"algorithm\":\"token_bucket\",\"limit\":5,\"remaining\":4,"
        "\"resetAfterMs\":12000,\"retryAfterMs\":0,\"mode\":\"enforce\",\"reason\":\"within_limit\"}\n");
  CHECK(allowed.header("X-RateLimit-Limit") == "5");
  CHECK(allowed.header("X-RateLimit-Remaining") == "4");
  CHECK(allowed.header("X-RateLimit-Reset") == "12");
  CHECK(allowed.header("RateLimit-Policy") == "\"login\";q=5;w=60");
  CHECK(allowed.header("RateLimit") == "\"login\";r=4;t=12");
  CHECK_FALSE(allowed.has("Retry-After"));
  for (int i = 0; i < 4; ++i)
    CHECK(server.check("login", "192.0.2.1").status == 200);
  server.clock.advance(500ms);
  const auto refused = server.check("login", "192.0.2.1");
  CHECK(refused.status == 429);
  CHECK(text_at(refused, "/allowed") == "false");
  CHECK(text_at(refused, "/reason") == "limit_reached");
  CHECK(text_at(refused, "/retryAfterMs") == "11500");
  CHECK(refused.header("Retry-After") == "12");
  CHECK(refused.header("X-RateLimit-Remaining") == "0");
  CHECK(refused.header("X-RateLimit-Reset") == "60");
  CHECK(server.check("login", "192.0.2.2").status == 200);
}

TEST_CASE("over HTTP: who waits the stated seconds succeeds, and the milliseconds are no earlier than the truth") {
  for (const auto& [algorithm, id, description] : algorithms) {
    for (const std::int64_t cost : {1, 2, 7}) {
      for (const Ticks period : {7 * second, 1'234'567L, 61 * second}) {
        LimiterServer server(one_rule(test_rule("r", algorithm, 7, period)));
        server.clock.advance(123'457us);
        while (server.check("r", "k", cost).status == 200)
          server.clock.advance(1'001us);
        const auto refused = server.check("r", "k", cost);
        INFO(id << " cost " << cost << " period " << period << " " << refused.body);
        const int wait = std::stoi(refused.header("Retry-After"));
        CHECK(wait >= 1);
        const int wait_ms = std::stoi(text_at(refused, "/retryAfterMs"));
        CHECK(wait_ms <= wait * 1'000);
        CHECK(wait_ms > (wait - 1) * 1'000);
        CHECK(refused.header("RateLimit").find(";t=") != std::string::npos);
        const auto more_at = std::stoi(refused.header("RateLimit").substr(refused.header("RateLimit").find(";t=") + 3));
        CHECK(more_at <= wait);  // the draft: Retry-After should not name an earlier moment
        server.clock.advance(std::chrono::milliseconds{wait_ms - 1});
        CHECK(server.check("r", "k", cost).status == 429);
        server.clock.advance(std::chrono::seconds{wait} - std::chrono::milliseconds{wait_ms - 1});
        CHECK(server.check("r", "k", cost).status == 200);
      }
    }
  }
}

TEST_CASE("a cost above the capacity is refused for good: no Retry-After would be true") {
  LimiterServer server;
  const auto answer = server.check("login", "a", 6);
  CHECK(answer.status == 429);
  CHECK(text_at(answer, "/reason") == "cost_above_capacity");
  CHECK(text_at(answer, "/retryAfterMs") == "null");
  CHECK_FALSE(answer.has("Retry-After"));
  CHECK(server.check("login", "a", 5).status == 200);
}

TEST_CASE("cost 0 peeks") {
  LimiterServer server;
  server.check("login", "a", 3);
  for (int i = 0; i < 10; ++i)
    CHECK(text_at(server.check("login", "a", 0), "/remaining") == "2");
  CHECK(server.metrics.render().find("outcome=\"allowed\",rule=\"login\"} 1\n") != std::string::npos);
}

TEST_CASE("several checks are all taken or none, and the answer speaks of the one that refused") {
  std::vector<Rule> rules;
  rules.push_back(test_rule("second", Algorithm::token_bucket, 2, second));
  rules.push_back(test_rule("day", Algorithm::fixed_window, 3, 86'400 * second));
  LimiterServer server(std::move(rules));
  const std::string both = R"({"checks":[{"rule":"second","key":"a"},{"rule":"day","key":"a"}]})";
  const auto first = server.post("/v1/check", both);
  CHECK(first.status == 200);
  CHECK(text_at(first, "/rule") == "second");  // least left
  CHECK(text_at(first, "/results/1/rule") == "day");
  CHECK(text_at(first, "/results/1/remaining") == "2");
  CHECK(first.header("RateLimit-Policy") == "\"second\";q=2;w=1, \"day\";q=3;w=86400");
  CHECK(first.header("RateLimit").starts_with("\"second\";r=1;t=1, \"day\";r=2;t="));
  CHECK(server.post("/v1/check", both).status == 200);
  const auto refused = server.post("/v1/check", both);
  CHECK(refused.status == 429);
  CHECK(text_at(refused, "/rule") == "second");
  CHECK(text_at(refused, "/results/0/allowed") == "false");
  CHECK(text_at(refused, "/results/1/allowed") == "true");
  CHECK(text_at(refused, "/results/1/remaining") == "1");
  server.clock.advance(1s);
  CHECK(server.post("/v1/check", both).status == 200);
  server.clock.advance(1s);
  const auto over = server.post("/v1/check", both);
  CHECK(over.status == 429);
  CHECK(text_at(over, "/rule") == "day");
  CHECK(text_at(server.check("second", "a", 0), "/remaining") == "2");
}

TEST_CASE("shadow mode decides and counts, and lets everybody pass") {
  Rule rule = test_rule("trial", Algorithm::gcra, 1, 60 * second);
  rule.mode = Mode::shadow;
  LimiterServer server(one_rule(std::move(rule)));
  CHECK(text_at(server.check("trial", "a"), "/reason") == "within_limit");
  const auto answer = server.check("trial", "a");
  CHECK(answer.status == 200);
  CHECK(text_at(answer, "/allowed") == "true");
  CHECK(text_at(answer, "/mode") == "shadow");
  CHECK(text_at(answer, "/reason") == "limit_reached");
  CHECK(text_at(answer, "/retryAfterMs") == "60000");
  const auto text = server.metrics.render();
  CHECK(text.find("rate_limiter_decisions_total{outcome=\"shadow_refused\",rule=\"trial\"} 1") != std::string::npos);
  CHECK(text.find("rate_limiter_decisions_total{outcome=\"refused\",rule=\"trial\"} 0") != std::string::npos);
}

TEST_CASE("a key may have numbers of its own") {
  LimiterServer server;
  REQUIRE(server.put("/v1/rules/api", R"({"limit":2,"period":"1m","overrides":[{"key":"vip","limit":50}]})").status ==
          200);
  CHECK(server.check("api", "a", 3).status == 429);
  const auto vip = server.check("api", "vip", 3);
  CHECK(vip.status == 200);
  CHECK(vip.header("RateLimit-Policy") == "\"api\";q=50;w=60");
  CHECK(text_at(vip, "/limit") == "50");
}

TEST_CASE("requests that make no sense are told why") {
  LimiterServer server;
  const auto check = [&](std::string_view body) { return server.post("/v1/check", body); };
  CHECK(check(R"({"rule":"nobody","key":"a"})").status == 404);
  CHECK(error_code(check(R"({"rule":"nobody","key":"a"})")) == "RULE_NOT_FOUND");
  const std::string long_key(1'025, 'k');
  for (const std::string& body :
       {std::string(R"({"key":"a"})"), std::string(R"({"rule":"login"})"), std::string(R"({"rule":"login","key":""})"),
        R"({"rule":"login","key":")" + long_key + "\"}", std::string(R"({"rule":"login","key":5})"),
        std::string(R"({"rule":"login","key":"a","cost":-1})"), std::string(R"({"rule":"login","key":"a","cost":1.5})"),
        std::string(R"({"rule":"login","key":"a","cost":1000000001})"),
        std::string(R"({"rule":"login","key":"a","cost":99999999999999999999})"),
        std::string(R"({"rule":"login","key":"a","coast":1})"), std::string(R"({"checks":[]})"),
        std::string(R"({"checks":5})"), std::string(R"({"checks":[5]})"),
        std::string(R"({"checks":[{"rule":"login","key":"a"}],"rule":"login"})"),
        std::string(R"({"checks":[{"rule":"login","key":"a"},{"rule":"login","key":"a"}]})"), std::string("[]")}) {
    INFO(body.substr(0, 80));
    CHECK(check(body).status == 422);
    CHECK(server.post("/v1/explain", body).status == 422);
  }
  CHECK(check("{").status == 400);
  CHECK(check("").status == 400);
  CHECK(server.request("POST", "/v1/check", "Content-Type: text/plain\r\n", "{}").status == 415);
  CHECK(server.get("/v1/check").status == 405);
  CHECK(text_at(server.check("login", "a", 0), "/remaining") == "5");
}

TEST_CASE("a key is any text of 1 to 1024 bytes") {
  LimiterServer server;
  CHECK(server.check("login", std::string(1'024, 'k')).status == 200);
  CHECK(server.check("login", "\\u0000\\n {}").status == 200);
  CHECK(server.check("login", "\xC3\xA9").status == 200);
}

TEST_CASE("an explanation shows state, arithmetic and the next admission, and takes nothing") {
  for (const auto& [algorithm, id, description] : algorithms) {
    Rule rule = test_rule("r", algorithm, 4, 60 * second);
    rule.trace = 10;
    LimiterServer server(one_rule(std::move(rule)));
    for (int i = 0; i < 6; ++i) {
      server.check("r", "a");
      server.clock.advance(1s);
    }
    const std::string question = R"({"rule":"r","key":"a"})";
    const auto before = server.post("/v1/explain", question);
    INFO(before.body);
    CHECK(before.status == 200);
    CHECK(server.post("/v1/explain", question).body == before.body);
    CHECK(text_at(before, "/algorithm") == id);
    CHECK(json_of(before).at("state").as_object().size() >= 2);
    CHECK(json_of(before).at("arithmetic").as_array().size() >= 2);
    CHECK(text_at(before, "/decision/allowed") == "false");
    CHECK(json_of(before).at("trace").as_array().size() == 6);
    CHECK(text_at(before, "/trace/0/allowed") == "true");
    CHECK(text_at(before, "/trace/5/allowed") == "false");
    const auto document = json_of(before);  // its iterators outlive the loop
    std::size_t opinions = 0;
    for (const auto& other : document.at("others").as_array()) {
      ++opinions;
      CHECK(text_at(other, "/admitted") == "4");
      CHECK(other.at("allowed").as_array().size() == 6);
    }
    CHECK(opinions == 6);
    const auto wait = std::stoi(text_at(before, "/decision/retryAfterMs"));
    CHECK(server.check("r", "a", 0).status == 200);
    server.clock.advance(std::chrono::milliseconds{wait});
    CHECK(text_at(before, "/nextAdmissionAt") == common::format_rfc3339(server.clock.now()));
    CHECK(server.check("r", "a").status == 200);
  }
}

TEST_CASE("without a trace an explanation has none") {
  LimiterServer server;
  const auto answer = server.post("/v1/explain", R"({"checks":[{"rule":"api","key":"a"},{"rule":"login","key":"a"}]})");
  CHECK(answer.status == 200);
  CHECK(text_at(answer, "/explanations/0/trace").empty());
  CHECK(text_at(answer, "/explanations/1/trace") == "[]");
  CHECK(text_at(answer, "/explanations/1/decision/allowed") == "true");
}

TEST_CASE("rules are listed, put, replaced and removed") {
  LimiterServer server;
  CHECK(text_at(server.get("/v1/rules"), "/data/0/name") == "login");
  CHECK(text_at(server.get("/v1/rules"), "/data/0/trace") == "64");
  CHECK(text_at(server.get("/v1/rules/api"), "/period") == "15m");
  const auto made = server.put("/v1/rules/new",
                               R"({"algorithm":"gcra","limit":3,"period":"10s","burst":2,"mode":"shadow","trace":5})");
  CHECK(made.status == 201);
  CHECK(made.header("Location") == "/v1/rules/new");
  CHECK(made.body ==
        "{\"name\":\"new\",\"algorithm\":\"gcra\",\"limit\":3,\"period\":\"10s\",\"burst\":2,"
        "\"mode\":\"shadow\",\"trace\":5,\"overrides\":[]}\n");
  CHECK(server.put("/v1/rules/new", made.body).status == 200);  // what was read can be written
  CHECK(server.request("DELETE", "/v1/rules/new").status == 204);
  CHECK(server.request("DELETE", "/v1/rules/new").status == 404);
  CHECK(server.get("/v1/rules/new").status == 404);
  server.put("/v1/rules/login", R"({"limit":1,"period":"1m"})");
  CHECK(server.check("login", "a", 2).status == 429);
  CHECK(server.request("DELETE", "/v1/rules/login").status == 204);
  CHECK(server.check("login", "a", 2).status == 200);  // the built-in one again
}

TEST_CASE("the list of rules comes in pages") {
  LimiterServer server;
  for (int i = 0; i < 5; ++i)
    server.put("/v1/rules/r" + std::to_string(i), R"({"limit":1,"period":"1m"})");
  std::string names;
  std::string path = "/v1/rules?limit=3";
  for (int pages = 0; pages < 3; ++pages) {
    const auto page = json_of(server.get(path));
    for (const auto& rule : page.at("data").as_array())
      names += std::string(rule.at("name").as_string()) + " ";
    if (page.at("meta").at("nextCursor").is_null()) break;
    path = "/v1/rules?limit=3&cursor=" + std::string(page.at("meta").at("nextCursor").as_string());
  }
  CHECK(names == "login api r0 r1 r2 r3 r4 ");
  CHECK(server.get("/v1/rules?cursor=x").status == 422);
  CHECK(server.get("/v1/rules?limit=0").status == 422);
}

TEST_CASE("bad rules are refused by field, and change nothing") {
  LimiterServer server;
  const std::vector<std::pair<std::string, std::string>> bad = {
      {R"({"period":"1m"})", "limit"},
      {R"({"limit":5})", "period"},
      {R"({"limit":0,"period":"1m"})", "limit"},
      {R"({"limit":-1,"period":"1m"})", "limit"},
      {R"({"limit":5.5,"period":"1m"})", "limit"},
      {R"({"limit":99999999999,"period":"1m"})", "limit"},
      {R"({"limit":999983,"period":"24h"})", "limit"},
      {R"({"limit":5,"period":60})", "period"},
      {R"({"limit":5,"period":"0s"})", "period"},
      {R"({"limit":5,"period":"9999h"})", "period"},
      {R"({"limit":5,"period":"1m","algorithm":"bucket"})", "algorithm"},
      {R"({"limit":5,"period":"1m","algorithm":"fixed_window","burst":2})", "burst"},
      {R"({"limit":5,"period":"1m","mode":"off"})", "mode"},
      {R"({"limit":5,"period":"1m","trace":-1})", "trace"},
      {R"({"limit":5,"period":"1m","name":"other"})", "name"},
      {R"({"limit":5,"period":"1m","colour":"red"})", "colour"},
      {R"({"limit":5,"period":"1m","overrides":[{"limit":5}]})", "overrides[0]"},
      {R"({"limit":5,"period":"1m","overrides":[{"key":"a"},{"key":"a"}]})", "overrides[1]"},
      {R"({"limit":null,"period":"1m"})", "limit"},
  };
  for (const auto& [body, field] : bad) {
    const auto answer = server.put("/v1/rules/api", body);
    INFO(body << " " << answer.body);
    CHECK(answer.status == 422);
    CHECK(text_at(answer, "/error/details/0/field") == field);
  }
  CHECK(server.put("/v1/rules/a%20b", R"({"limit":5,"period":"1m"})").status == 422);
  CHECK(text_at(server.get("/v1/rules/api"), "/limit") == "100");
}

TEST_CASE("a key can be forgotten, also one that needs encoding") {
  LimiterServer server;
  CHECK(server.check("login", "a/b c", 5).status == 200);
  CHECK(server.check("login", "a/b c").status == 429);
  CHECK(server.request("DELETE", "/v1/rules/login/keys/a%2Fb%20c").status == 204);
  CHECK(server.check("login", "a/b c", 5).status == 200);
  CHECK(server.request("DELETE", "/v1/rules/login/keys/nobody").status == 204);
  CHECK(server.request("DELETE", "/v1/rules/nobody/keys/a").status == 404);
}

TEST_CASE("with tokens, only admins change rules and keys") {
  LimiterServer server({}, {.guarded = true, .admins = {"root"}});
  CHECK(server.put("/v1/rules/a", R"({"limit":5,"period":"1m"})").status == 403);  // nobody's token
  CHECK(server.request("DELETE", "/v1/rules/api").status == 403);
  CHECK(server.request("DELETE", "/v1/rules/login/keys/a").status == 403);
  CHECK(server.check("login", "a").status == 200);
}

TEST_CASE("who is refused most is told") {
  LimiterServer server;
  for (int i = 0; i < 8; ++i)
    server.check("login", "often");
  for (int i = 0; i < 6; ++i)
    server.check("login", "once");
  const auto top = server.get("/v1/top?limit=5");
  CHECK(text_at(top, "/data/0/key") == "often");
  CHECK(text_at(top, "/data/0/refused") == "3");
  CHECK(text_at(top, "/data/1/refused") == "1");
}

TEST_CASE("near the limit is counted before anybody is refused") {
  LimiterServer server(one_rule(test_rule("r", Algorithm::token_bucket, 10, 60 * second)));
  for (int i = 0; i < 10; ++i)
    server.check("r", "a");
  CHECK(server.metrics.render().find("rate_limiter_near_limit_total{rule=\"r\"} 2") != std::string::npos);
}

TEST_CASE("a changed rule starts its keys anew; an unchanged one does not") {
  LimiterServer server;
  server.check("api", "a", 60);
  server.put("/v1/rules/api", R"({"limit":100,"period":"15m"})");
  CHECK(text_at(server.check("api", "a", 0), "/remaining") == "40");
  server.put("/v1/rules/api", R"({"limit":101,"period":"15m"})");
  CHECK(text_at(server.check("api", "a", 0), "/remaining") == "101");
}
