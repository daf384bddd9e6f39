// cache_aside's OpenAPI document beside what the server does.

#include <set>

#include "tests/support/api_client.h"
#include "tests/support/catch.h"
#include "tests/support/server_process.h"

using namespace testing;

namespace {

// A path that a template stands for: of a user, or a post, that is not there.
std::string filled_in(std::string path) {
  for (auto at = path.find('{'); at != std::string::npos; at = path.find('{'))
    path.replace(at, path.find('}') - at + 1, std::to_string(100 + at));
  return path;
}

std::string upper(std::string text) {
  for (char& c : text)
    c = static_cast<char>(c - ('a' - 'A'));
  return text;
}

// Every "$ref" below `value`.
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

}  // namespace

TEST_CASE("cache_aside's OpenAPI document names every endpoint of the contract, and each answers as it says") {
  ServerProcess server({"--store", "memory"}, {}, "cache_aside");
  ApiClient api(server.port());
  const auto document = json_of(api.get("/openapi.json"));
  CHECK(text_at(document, "/openapi").starts_with("3.1"));
  std::set<std::string> operations;
  for (const auto& path : document.at("paths").as_object()) {
    for (const auto& operation : path.value().as_object()) {
      const std::string method = upper(std::string(operation.key()));
      const std::string name = method + " " + std::string(path.key());
      INFO(name);
      operations.insert(name);
      const auto target = filled_in(std::string(path.key()));
      const auto answer = method == "POST" || method == "PATCH"
                              ? api.request(method, target, "Content-Type: application/json\r\n", "{}")
                              : api.request(method, target, {});
      CHECK(answer.status != 405);
      CHECK(answer.status != 501);
      if (answer.status == 404)
        CHECK((error_code(answer) == "USER_NOT_FOUND" || error_code(answer) == "POST_NOT_FOUND"));
      const auto described = std::to_string(answer.status);
      const auto& responses = operation.value().at("responses").as_object();
      CHECK((responses.contains(described) || responses.contains("default")));
    }
  }
  for (const auto* name :
       {"POST /users", "GET /users/{id}", "PATCH /users/{id}", "DELETE /users/{id}", "POST /users/{id}/follow/{target}",
        "DELETE /users/{id}/follow/{target}", "POST /posts", "PATCH /posts/{id}", "DELETE /posts/{id}",
        "GET /feed/{userId}", "GET /healthz", "GET /readyz", "GET /metrics", "GET /openapi.json"}) {
    INFO(name);
    CHECK(operations.contains(name));
  }
  std::set<std::string> references;
  collect_references(document, references);
  CHECK(references.size() >= 5);
  for (const auto& reference : references) {
    INFO(reference);
    REQUIRE(reference.starts_with("#/"));
    CHECK_FALSE(text_at(document, reference.substr(1)).empty());
  }
  CHECK(api.get("/").body.find("<title>cache_aside</title>") != std::string::npos);
}
