// The middleware in front of any server's handlers, and POST /login behind it.

#include "rate_limiter/limit_requests.h"

#include "tests/rate_limiter/limiter_under_test.h"

using namespace rate_limiter;
using namespace testing;
namespace http = common::http;

namespace {

// Who the token names, in a header: stands for --auth jwt.
class SubjectFromHeader final : public http::Middleware {
 public:
  http::Verdict before(http::Request& request, const http::Route&) override {
    request.subject = request.header("X-Subject");
    return std::monostate{};
  }
};

struct Site {
  explicit Site(std::vector<LimitedRoute> lines, std::vector<AddressBlock> trusted = {}) {
    server.app.use(std::make_unique<SubjectFromHeader>());
    server.app.use(std::make_unique<LimitRequests>(server.limiter, ClientAddresses(std::move(trusted)), lines));
    const auto found = [](http::Request&) -> http::Reply { return http::text(200, "found"); };
    server.app.router().get("/thing/{id}", {}, found);
    server.app.router().get("/other", {}, found);
    server.app.router().get(
        "/away", {}, [](http::Request&) -> http::Reply { return http::Response{302}.header("Location", "/other"); });
  }
  RawResponse get(std::string_view path, std::string_view headers = {}) { return server.request("GET", path, headers); }

  LimiterServer server;
};

}  // namespace

TEST_CASE("a route is limited by the client's address, and says so on every answer") {
  Site site({{"/thing/{id}", "login", LimitBy::address}});
  for (int i = 0; i < 5; ++i) {
    const auto answer = site.get("/thing/" + std::to_string(i));
    CHECK(answer.status == 200);
    CHECK(answer.header("X-RateLimit-Remaining") == std::to_string(4 - i));
    CHECK(answer.count("RateLimit") == 1);
  }
  const auto refused = site.get("/thing/9");
  CHECK(refused.status == 429);
  CHECK(error_code(refused) == "RATE_LIMITED");
  CHECK(refused.header("Retry-After") == "12");
  CHECK(refused.count("X-RateLimit-Limit") == 1);
  CHECK(site.get("/other").status == 200);
  CHECK_FALSE(site.get("/other").has("RateLimit"));
  site.server.clock.advance(12s);
  CHECK(site.get("/thing/1").status == 200);
}

TEST_CASE("redirects carry no RateLimit headers: a client would wait before it follows") {
  Site site({{"", "login", LimitBy::address}});
  const auto answer = site.get("/away");
  CHECK(answer.status == 302);
  CHECK_FALSE(answer.has("RateLimit"));
  CHECK_FALSE(answer.has("X-RateLimit-Limit"));
  CHECK(site.get("/other").header("X-RateLimit-Remaining") == "3");  // it was counted
}

TEST_CASE("by user: each has a budget of his own, wherever he is; without a token the address counts") {
  Site site({{"", "login", LimitBy::user}});
  for (int i = 0; i < 5; ++i)
    CHECK(site.get("/other", "X-Subject: alice\r\n").status == 200);
  CHECK(site.get("/other", "X-Subject: alice\r\n").status == 429);
  CHECK(site.get("/other", "X-Subject: bob\r\n").status == 200);
  CHECK(site.get("/other").status == 200);
}

TEST_CASE("by route: all clients together") {
  Site site({{"/other", "login", LimitBy::route}});
  for (int i = 0; i < 5; ++i)
    CHECK(site.get("/other", "X-Subject: u" + std::to_string(i) + "\r\n").status == 200);
  CHECK(site.get("/other", "X-Subject: u9\r\n").status == 429);
}

TEST_CASE("several lines decide together, all or nothing") {
  Site site({{"/other", "login", LimitBy::route}, {"", "api", LimitBy::user}});
  for (int i = 0; i < 7; ++i)
    site.get("/other", "X-Subject: alice\r\n");
  const auto answer = site.get("/thing/1", "X-Subject: alice\r\n");
  CHECK(answer.header("X-RateLimit-Remaining") == "94");  // the refused ones took nothing of api
  CHECK(site.get("/other").header("RateLimit-Policy") == "\"login\";q=5;w=60, \"api\";q=100;w=900");
}

TEST_CASE("X-Forwarded-For counts only from trusted proxies, and only as far as they wrote it") {
  const AddressBlock us = parse_block("192.0.2.7").value();
  Site trusting({{"", "login", LimitBy::address}}, {us});
  for (int i = 0; i < 5; ++i)
    CHECK(trusting.get("/other", "X-Forwarded-For: 192.0.2.1\r\n").status == 200);
  CHECK(trusting.get("/other", "X-Forwarded-For: 192.0.2.1\r\n").status == 429);
  CHECK(trusting.get("/other", "X-Forwarded-For: 1.2.3.4, 192.0.2.1\r\n").status == 429);  // what the client made up
  CHECK(trusting.get("/other", "X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-For: 192.0.2.1\r\n").status == 429);
  CHECK(trusting.get("/other", "X-Forwarded-For: 192.0.2.1:4711, 192.0.2.7\r\n").status == 429);
  CHECK(trusting.get("/other", "X-Forwarded-For: 192.0.2.2\r\n").status == 200);
  Site wary({{"", "login", LimitBy::address}});
  for (int i = 0; i < 5; ++i)
    wary.get("/other", "X-Forwarded-For: 192.0.2." + std::to_string(i) + "\r\n");
  CHECK(wary.get("/other", "X-Forwarded-For: 192.0.2.99\r\n").status == 429);
}

TEST_CASE("addresses: prefixes, ports, brackets, IPv4 in IPv6, and what is none") {
  const ClientAddresses plain({}, 64);
  const auto client = [&](std::string_view peer) { return plain.client(peer, {}); };
  CHECK(client("192.0.2.1") == "192.0.2.1");
  CHECK(client("::ffff:192.0.2.1") == "192.0.2.1");
  CHECK(client("2001:db8::1") == client("2001:db8::ffff:1"));
  CHECK(client("2001:db8::1") == "2001:db8::/64");
  CHECK(client("2001:db8:0:1::1") != client("2001:db8::1"));
  CHECK(ClientAddresses({}, 56).client("2001:db8:0:ff::1", {}) == "2001:db8::/56");

  const std::vector<AddressBlock> proxies{parse_block("10.0.0.0/8").value(), parse_block("2001:db8:f::/48").value()};
  const ClientAddresses behind(proxies, 64);
  CHECK(behind.client("10.1.2.3", {"[2001:db8::7]:80"}) == "2001:db8::/64");
  CHECK(behind.client("10.1.2.3", {"203.0.113.9, 10.9.9.9 , 2001:db8:f::2"}) == "203.0.113.9");
  CHECK(behind.client("10.1.2.3", {"unknown"}) == "10.1.2.3");
  CHECK(behind.client("10.1.2.3", {"203.0.113.9, garbage"}) == "10.1.2.3");
  CHECK(behind.client("10.1.2.3", {""}) == "10.1.2.3");
  CHECK(behind.client("10.1.2.3", {"10.0.0.1, 10.0.0.2"}) == "10.0.0.1");
  CHECK(behind.client("11.1.2.3", {"203.0.113.9"}) == "11.1.2.3");
  for (const auto* bad : {"", "10.0.0.0/33", "10.0.0/8", "::/129", "10.0.0.0/", "10.0.0.0/-1", "example.com", "::1/x"})
    CHECK(parse_block(bad).has_error());
}

TEST_CASE("login: a right password gets a token, a wrong one and an unknown name the same answer") {
  const std::string secret(32, 's');
  LimiterServer server;
  server.app.use(std::make_unique<LimitRequests>(server.limiter, ClientAddresses(),
                                                 std::vector<LimitedRoute>{{"/login", "login", LimitBy::address}}));
  Passwords passwords(parse_users("alice:" + hash_password("wonderland") + "\n# nobody else\n", "users").value());
  Login login(passwords, common::JwtKey(secret), server.clock);
  login.add_routes(server.app.router());
  const auto attempt = [&](std::string_view body) {
    std::string message = "POST /login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: " +
                          std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
    server.wire.receive(message);
    std::string out;
    std::optional<RawResponse> response;
    server.wire.io().restart();  // the password's thread answers in its own time
    while (!response) {
      server.wire.io().run_one_for(10s);
      out += server.wire.take();
      response = take_response(out);
    }
    return *response;
  };
  const auto right = attempt(R"({"user":"alice","password":"wonderland"})");
  CHECK(right.status == 200);
  CHECK(right.header("X-RateLimit-Remaining") == "4");
  CHECK(text_at(right, "/expiresIn") == "300");
  const auto claims = common::JwtKey(secret).verify(text_at(right, "/token"), server.clock.now());
  REQUIRE(claims.has_value());
  CHECK(claims->subject == "alice");
  CHECK(*claims->expires - server.clock.now() <= 300s);

  const auto wrong = attempt(R"({"user":"alice","password":"Wonderland"})");
  const auto nobody = attempt(R"({"user":"carol","password":"nobody's"})");
  CHECK(wrong.status == 401);
  CHECK(nobody.status == 401);
  CHECK(wrong.body == nobody.body);
  CHECK(attempt(R"({"user":"alice"})").status == 422);
  CHECK(attempt(R"({"user":"alice","password":")" + std::string(1'025, 'x') + "\"}").status == 422);
  const auto sixth = server.post("/login", R"({"user":"alice","password":"wonderland"})");  // right, and too late
  CHECK(sixth.status == 429);
  CHECK(sixth.header("Retry-After") == "12");
}

TEST_CASE("password files are refused with file and line") {
  const auto refused = [](std::string_view text) {
    const auto users = parse_users(text, "users");
    return users.has_error() ? users.error().message : "";
  };
  CHECK(refused("") == "");
  CHECK(refused("# nobody\n") == "");
  CHECK(refused("alice\n").starts_with("users:1: must be NAME:HASH"));
  CHECK(refused("\n:x\n").starts_with("users:2: "));
  CHECK(refused("alice:secret\n").starts_with("users:1: the hash must be"));
  CHECK(refused("alice:$argon2id$v=19$nonsense\n").starts_with("users:1: the hash must be"));
  const std::string line = "alice:" + hash_password("x") + "\n";
  CHECK(refused(line + line) == "users:2: this name is there already");
}
