// What /openapi.json says against what the router answers.

#include <set>

#include "tests/notifier_integration/notifier_client.h"

using namespace testing;

namespace {

std::string filled_in(std::string path) {
  for (auto at = path.find('{'); at != std::string::npos; at = path.find('{'))
    path.replace(at, path.find('}') - at + 1, "1");
  return path;
}

std::string upper(std::string text) {
  for (char& c : text)
    c = static_cast<char>(c - ('a' - 'A'));
  return text;
}

void collect_references(const common::json::value& value, std::set<std::string>& found) {
  if (const auto* array = value.if_array()) {
    for (const auto& element : *array)
      collect_references(element, found);
  }
  const auto* object = value.if_object();
  if (object == nullptr) return;
  for (const auto& member : *object) {
    if (member.key() == "$ref") found.insert(member.value().as_string().c_str());
    collect_references(member.value(), found);
  }
}

common::json::value document_of(ServerProcess& server) {
  ApiClient api(server.port());
  return json_of(api.get("/openapi.json"));
}

}  // namespace

TEST_CASE("the notifier's OpenAPI document names every endpoint of the contract, and each answers as it says") {
  const TempFolder data;
  ServerProcess server({"--data", data.path()}, {}, "notifier");
  const auto document = document_of(server);
  CHECK(text_at(document, "/openapi").starts_with("3.1"));
  std::set<std::string> operations;
  for (const auto& path : document.at("paths").as_object()) {
    for (const auto& operation : path.value().as_object()) {
      const std::string method = upper(std::string(operation.key()));
      const std::string name = method + " " + std::string(path.key());
      INFO(name);
      operations.insert(name);
      if (name.ends_with("/events")) continue;  // a stream: it does not end
      ApiClient api(server.port());
      const auto target = filled_in(std::string(path.key()));
      const bool has_body = method == "POST" || method == "PUT";
      const auto answer = has_body ? api.request(method, target, "Content-Type: application/json\r\n", "{}")
                                   : api.request(method, target, {});
      CHECK(answer.status != 405);
      CHECK(answer.status != 501);
      CHECK(answer.status < 500);
      const auto& responses = operation.value().at("responses").as_object();
      CHECK((responses.contains(std::to_string(answer.status)) || responses.contains("default")));
    }
  }
  for (const auto* name : {"POST /v1/notifications",
                           "GET /v1/notifications/{id}",
                           "DELETE /v1/notifications/{id}",
                           "POST /v1/broadcasts",
                           "GET /v1/broadcasts/{id}",
                           "DELETE /v1/broadcasts/{id}",
                           "PUT /v1/users/{id}",
                           "GET /v1/users/{id}",
                           "POST /v1/users:import",
                           "GET /v1/users/{id}/preferences",
                           "PUT /v1/users/{id}/preferences",
                           "GET /unsubscribe",
                           "POST /unsubscribe",
                           "GET /v1/users/{id}/inbox",
                           "GET /v1/users/{id}/inbox/events",
                           "GET /v1/dead-letters",
                           "POST /v1/dead-letters/{id}:retry",
                           "GET /healthz",
                           "GET /readyz",
                           "GET /metrics",
                           "GET /openapi.json"}) {
    INFO(name);
    CHECK(operations.contains(name));
  }
}

TEST_CASE("every reference within the notifier's OpenAPI document leads somewhere") {
  const TempFolder data;
  ServerProcess server({"--data", data.path()}, {}, "notifier");
  const auto document = document_of(server);
  std::set<std::string> references;
  collect_references(document, references);
  CHECK(references.size() >= 8);
  for (const auto& reference : references) {
    INFO(reference);
    REQUIRE(reference.starts_with("#/"));
    CHECK_FALSE(text_at(document, reference.substr(1)).empty());
  }
}

TEST_CASE("a planner and a worker answer what every server answers, and nothing else") {
  for (const std::string role : {"planner", "worker"}) {
    INFO(role);
    const TempFolder data;
    ServerProcess server({"--data", data.path(), "--role", role}, {}, "notifier");
    ApiClient api(server.port());
    CHECK(api.get("/readyz").status == 200);
    CHECK(api.get("/metrics").status == 200);
    CHECK(api.post("/v1/notifications", "{}").status == 404);
    CHECK(server.terminate() == 0);
  }
}
