// Who may ask: tokens, origins, TLS.

#include <string>

#include "common/http/client.h"
#include "tests/support/api_client.h"
#include "tests/support/catch.h"
#include "tests/support/certificate.h"
#include "tests/support/files.h"
#include "tests/support/run_task.h"
#include "tests/support/server_process.h"

using namespace testing;

namespace {

const std::string secret(32, 's');

std::string bearer(const std::string& token) {
  return "Authorization: Bearer " + token + "\r\n";
}

// Valid until 2100.
std::string token_of(const std::string& subject, std::string_view with = secret) {
  return make_token(R"({"sub":")" + subject + R"(","exp":4102444800})", with);
}

common::Task<common::Result<common::http::ClientResponse>> fetch(std::string url, std::string ca_file) {
  const auto executor = co_await common::asio::this_coro::executor;
  common::http::Client client(executor, common::http::Client::Options{.ca_file = std::move(ca_file)});
  common::http::ClientRequest request{.url = std::move(url)};
  co_return co_await client.send(std::move(request));
}

}  // namespace

TEST_CASE("with --auth jwt the API asks for a token; redirects, pages and health do not") {
  const TempFolder folder;
  ServerProcess server({"--store", "memory", "--auth", "jwt", "--jwt-key", write_file(folder.path() / "key", secret)});
  ApiClient api(server.port());
  const auto anna = bearer(token_of("anna"));
  const auto body = R"({"longUrl":"https://example.com","alias":"talk"})";

  const auto refused = api.post("/shorten", body);
  CHECK(refused.status == 401);
  CHECK(refused.header("WWW-Authenticate") == "Bearer");
  CHECK(error_code(refused) == "UNAUTHORIZED");
  CHECK(api.post("/shorten", body, anna).status == 201);
  for (const auto* path :
       {"/v1/links", "/v1/links/talk", "/v1/links/talk/stats", "/api/v1/links", "/metrics", "/openapi.json"}) {
    INFO(path);
    CHECK(api.get(path).status == 401);
    CHECK(api.get(path, anna).status == 200);
  }
  CHECK(api.patch("/v1/links/talk", "{}", "If-Match: *\r\n").status == 401);
  CHECK(api.remove("/v1/links/talk").status == 401);
  for (const auto* path : {"/talk", "/talk+", "/", "/healthz", "/readyz"}) {
    INFO(path);
    CHECK(api.get(path).status < 400);
    CHECK(api.get(path, bearer("garbage")).status < 400);
  }
  CHECK(api.get("/nobody").status == 404);
}

TEST_CASE("a token that the key does not vouch for is no token") {
  const TempFolder folder;
  ServerProcess server({"--store", "memory", "--auth", "jwt", "--jwt-key", write_file(folder.path() / "key", secret)});
  ApiClient api(server.port());
  const std::string payload = R"({"sub":"anna","exp":4102444800})";
  const auto good = make_token(payload, secret);
  CHECK(api.get("/v1/links", bearer(good)).status == 200);
  for (const auto& token :
       {std::string("garbage"), std::string(".."), good.substr(0, good.rfind('.') + 1),
        good.substr(0, good.size() - 4) + "AAAA", token_of("anna", std::string(32, 'x')),
        make_token(R"({"sub":"anna","exp":1})", secret),
        make_token(R"({"sub":"anna","nbf":4102444800,"exp":4102444801})", secret),
        make_token(R"({"alg":"none"})", payload, secret), make_token(R"({"alg":"RS256"})", payload, secret),
        make_token(R"({"alg":"HS512"})", payload, secret), make_token("[]", secret)}) {
    INFO(token);
    const auto refused = api.get("/v1/links", bearer(token));
    CHECK(refused.status == 401);
    CHECK(refused.header("WWW-Authenticate") == "Bearer error=\"invalid_token\"");
  }
  CHECK(api.get("/v1/links", "Authorization: Basic YW5uYTp4\r\n").status == 401);
}

TEST_CASE("two callers may use the same idempotency key") {
  const TempFolder folder;
  ServerProcess server({"--store", "memory", "--auth", "jwt", "--jwt-key", write_file(folder.path() / "key", secret)});
  ApiClient api(server.port());
  const auto post = [&](const std::string& who) {
    return api.post("/shorten", R"({"longUrl":"https://example.com"})",
                    bearer(token_of(who)) + "Idempotency-Key: 1\r\n");
  };
  const auto anna = post("anna");
  const auto ben = post("ben");
  CHECK(text_at(anna, "/shortCode") != text_at(ben, "/shortCode"));
  CHECK_FALSE(ben.has("Idempotent-Replayed"));
  CHECK(post("anna").body == anna.body);
}

TEST_CASE("one origin may ask across origins, and no other") {
  ServerProcess server({"--store", "memory", "--cors-origin", "https://app.example"});
  ApiClient api(server.port());
  const std::string app = "Origin: https://app.example\r\n";
  const auto preflight = api.request("OPTIONS", "/shorten", app + "Access-Control-Request-Method: POST\r\n");
  CHECK(preflight.status == 204);
  CHECK(preflight.header("Access-Control-Allow-Origin") == "https://app.example");
  CHECK(preflight.header("Access-Control-Allow-Methods").find("POST") != std::string::npos);
  CHECK(preflight.header("Access-Control-Allow-Headers").find("Idempotency-Key") != std::string::npos);
  const auto posted = api.post("/shorten", R"({"longUrl":"https://example.com"})", app);
  CHECK(posted.status == 201);
  CHECK(posted.header("Access-Control-Allow-Origin") == "https://app.example");
  CHECK(posted.header("Vary").find("Origin") != std::string::npos);

  const std::string other = "Origin: https://app.example.evil.example\r\n";
  const auto refused = api.request("OPTIONS", "/shorten", other + "Access-Control-Request-Method: POST\r\n");
  CHECK_FALSE(refused.has("Access-Control-Allow-Origin"));
  CHECK_FALSE(api.get("/v1/links", other).has("Access-Control-Allow-Origin"));
  ServerProcess closed({"--store", "memory"});
  CHECK_FALSE(ApiClient(closed.port()).get("/v1/links", app).has("Access-Control-Allow-Origin"));
}

TEST_CASE("with a certificate the port speaks TLS and nothing else") {
  const TempFolder folder;
  const auto files = make_certificate(folder.path());
  ServerProcess server({"--store", "memory", "--tls-cert", files.certificate, "--tls-key", files.key});
  REQUIRE(server.url().starts_with("https://"));
  const auto answer = run_task(fetch(server.url() + "/healthz", files.certificate));
  REQUIRE(answer.has_value());
  CHECK(answer->status == 200);
  CHECK(answer->header("Strict-Transport-Security") == "max-age=31536000");
  CHECK(run_task(fetch(server.url() + "/healthz", "")).has_error());  // nobody vouches for it

  RawClient plain(server.port());
  plain.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
  const std::string reply = plain.receive();
  CHECK(reply.find("HTTP/1.1 200") == std::string::npos);
  CHECK(run_task(fetch(server.url() + "/healthz", files.certificate)).has_value());
  CHECK(server.terminate() == 0);
}
