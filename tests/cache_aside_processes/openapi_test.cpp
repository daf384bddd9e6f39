// cache_aside's OpenAPI document beside what the server does.

#include <set>

#include "tests/support/api_client.h"
#include "tests/support/catch.h"
#include "tests/support/server_process.h"

using namespace testing;

namespace {

// What an operation can be tried on, each time anew.
struct Things {
  explicit Things(ApiClient& api) {
    const auto user = [&] { return text_at(api.post("/users", R"({"name":"A","email":"a@b"})"), "/id"); };
    id = user();
    other = user();
    post = text_at(api.post("/posts", R"({"authorId":)" + id + R"(,"text":"x"})"), "/id");
  }
  // A path that a template stands for.
  std::string filled_in(std::string path) const {
    const std::string first = path.starts_with("/posts") ? post : id;
    for (auto at = path.find('{'); at != std::string::npos; at = path.find('{')) {
      const auto end = path.find('}') + 1;
      path.replace(at, end - at, path.substr(at, end - at) == "{target}" ? other : first);
    }
    return path;
  }
  // A body that the operation accepts.
  std::string body(const std::string& operation) const {
    if (operation == "POST /users") return R"({"name":"B","email":"b@b"})";
    if (operation == "PATCH /users/{id}") return R"({"name":"C"})";
    if (operation == "POST /posts") return R"({"authorId":)" + id + R"(,"text":"y"})";
    if (operation == "PATCH /posts/{id}") return R"({"text":"z"})";
    return "{}";
  }
  std::string id;
  std::string other;
  std::string post;
};

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
      const Things things(api);
      const auto target = things.filled_in(std::string(path.key()));
      const auto answer =
          method == "POST" || method == "PATCH"
              ? api.request(method, target, "Content-Type: application/json\r\nIf-Match: *\r\n", things.body(name))
              : api.request(method, target, {});
      CHECK(answer.status < 300);
      CHECK(operation.value().at("responses").as_object().contains(std::to_string(answer.status)));
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
