// Webhooks verified by somebody else's code: the npm package standardwebhooks, by the authors of the specification.

#include <filesystem>
#include <fstream>

#include "tests/notifier_integration/notifier_client.h"
#include "tests/support/require.h"
#include "tests/support/scripted_server.h"

using namespace testing;

namespace {

// BINARY_DIR is build/PRESET/bin.
std::filesystem::path packages() {
  return std::filesystem::path(BINARY_DIR).parent_path().parent_path() / "services/node/node_modules";
}

const std::string new_secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const std::string old_secret = "whsec_bGV0IHVzIHNheSB0aGF0IHRoaXMgaXMgb2xk";

// What the library says: "verified", or its error.
std::string verify(const std::filesystem::path& folder, const ScriptedServer::Request& request,
                   const std::string& secret, const std::string& body) {
  std::ofstream(folder / "body") << body;
  std::ofstream(folder / "verify.js") << "const { Webhook } = require('" << (packages() / "standardwebhooks").string()
                                      << "');\n"
                                      << "const body = require('fs').readFileSync('" << (folder / "body").string()
                                      << "', 'utf8');\n"
                                      << "try { new Webhook('" << secret << "').verify(body, {'webhook-id': '"
                                      << request.header("webhook-id") << "', 'webhook-timestamp': '"
                                      << request.header("webhook-timestamp") << "', 'webhook-signature': '"
                                      << request.header("webhook-signature") << "'}); console.log('verified'); }"
                                      << " catch (error) { console.log(error.message); }\n";
  const auto ran = run_program({"node", folder / "verify.js"});
  return ran.output.substr(0, ran.output.find('\n')) + ran.errors;
}

}  // namespace

TEST_CASE("a webhook's signature verifies with an independent library, by either secret while keys are rotated") {
  if (!require_or_skip(std::filesystem::exists(packages() / "standardwebhooks"), "no standardwebhooks: scripts/node")) {
    return;
  }
  const TempFolder data;
  CollectingServer receiver("{}", "application/json");
  ServerProcess server({"--data", data.path(), "--webhook", "on", "--webhook-secret", new_secret, "--webhook-secret",
                        old_secret, "--webhook-private"},
                       {}, "notifier");
  ApiClient api(server.port());
  const auto user = R"({"webhookUrl":")" + receiver.url() + R"(/hook"})";
  REQUIRE(api.request("PUT", "/v1/users/ada", "Content-Type: application/json\r\n", user).status == 200);
  const auto answer =
      api.post("/v1/notifications",
               R"({"userId":"ada","category":"general","title":"Grüße","body":"\"B\"\n","channels":["webhook"]})");
  REQUIRE(answer.status == 202);
  REQUIRE(eventually(10s * slowness, [&] { return receiver.requests().size() == 1; }));
  const auto request = receiver.requests()[0];
  CHECK(verify(data.path(), request, new_secret, request.body) == "verified");
  CHECK(verify(data.path(), request, old_secret, request.body) == "verified");
  CHECK(verify(data.path(), request, new_secret, request.body + " ") == "No matching signature found");
  CHECK(verify(data.path(), request, "whsec_" + std::string(32, 'A'), request.body) == "No matching signature found");
}

TEST_CASE("a webhook to a private address is refused unless that is asked for") {
  const TempFolder data;
  CollectingServer receiver("{}", "application/json");
  ServerProcess server({"--data", data.path(), "--webhook", "on", "--webhook-secret", new_secret}, {}, "notifier");
  ApiClient api(server.port());
  const auto user = R"({"webhookUrl":")" + receiver.url() + R"(/hook"})";
  REQUIRE(api.request("PUT", "/v1/users/ada", "Content-Type: application/json\r\n", user).status == 200);
  const auto answer = api.post(
      "/v1/notifications", R"({"userId":"ada","category":"general","title":"T","body":"B","channels":["webhook"]})");
  const auto id = text_at(answer, "/id");
  CHECK(eventually(10s * slowness, [&] { return state_of(api, id, "webhook") == "failed"; }));
  CHECK(text_at(api.get("/v1/notifications/" + id), "/channels/webhook/reason") == "address refused");
  CHECK(receiver.requests().empty());
}
