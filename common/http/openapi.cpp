#include "common/http/openapi.h"

#include <memory>
#include <stdexcept>

#include "common/json.h"

namespace common::http {
namespace {

constexpr std::string_view shared_schemas = R"({
  "Error": {"type": "object", "required": ["error"], "properties": {"error": {
    "type": "object", "required": ["code", "message", "details"], "properties": {
      "code": {"type": "string"}, "message": {"type": "string"},
      "details": {"type": "array", "items": {"type": "object", "properties": {
        "field": {"type": "string"}, "problem": {"type": "string"}}}}}}}},
  "Health": {"type": "object", "properties": {"status": {"type": "string"}}}
})";

json::object schema_object(std::string_view text) {
  auto parsed = parse_json(text);
  if (parsed.has_error() || !parsed->is_object()) throw std::invalid_argument("the schemas are no JSON object");
  return std::move(parsed->as_object());
}

json::object content_of(const json::object& schemas, const std::string& name) {
  if (!schemas.contains(name)) throw std::invalid_argument("no schema is named " + name);
  return {{"application/json", {{"schema", {{"$ref", "#/components/schemas/" + name}}}}}};
}

json::object operation_of(const Route& route, const json::object& schemas) {
  json::object operation{{"summary", route.options.summary}};
  json::array parameters;
  for (const auto& [name, number] : route.parameters) {
    parameters.push_back(
        {{"name", name}, {"in", "path"}, {"required", true}, {"schema", {{"type", number ? "integer" : "string"}}}});
  }
  for (const auto& name : route.options.query) {
    parameters.push_back({{"name", name}, {"in", "query"}, {"schema", {{"type", "string"}}}});
  }
  if (!parameters.empty()) operation["parameters"] = std::move(parameters);
  if (!route.options.request_schema.empty()) {
    operation["requestBody"] = {{"required", true}, {"content", content_of(schemas, route.options.request_schema)}};
  }
  json::object responses;
  for (const auto& doc : route.options.responses) {
    json::object response{{"description", doc.description}};
    if (!doc.schema.empty()) response["content"] = content_of(schemas, doc.schema);
    responses[std::to_string(doc.status)] = std::move(response);
  }
  responses["default"] = {{"description", "an error"}, {"content", content_of(schemas, "Error")}};
  operation["responses"] = std::move(responses);
  if (route.options.is_public) operation["security"] = json::array{};
  return operation;
}

std::string lower(std::string_view method) {
  std::string out(method);
  for (char& c : out)
    c = static_cast<char>(c | 0x20);
  return out;
}

}  // namespace

void add_openapi(Router& router, std::string_view title, std::string_view version, std::string_view schemas) {
  json::object all = schema_object(shared_schemas);
  for (auto& member : schema_object(schemas))
    all[member.key()] = member.value();
  auto document = std::make_shared<std::string>();
  router.get("/openapi.json", {.summary = "This document", .responses = {{200, "OpenAPI 3.1", ""}}},
             [document](Request&) -> Reply { return json(200, *document); });

  json::object paths;
  for (const auto& route : router.routes()) {
    if (!route->options.documented) continue;
    auto& path = paths[route->pattern];
    if (!path.is_object()) path = json::object{};
    path.as_object()[lower(to_string(route->method))] = operation_of(*route, all);
  }
  const json::object api{
      {"openapi", "3.1.0"},
      {"info", {{"title", json::string(title)}, {"version", json::string(version)}}},
      {"paths", std::move(paths)},
      {"components",
       {{"schemas", std::move(all)},
        {"securitySchemes", {{"jwt", {{"type", "http"}, {"scheme", "bearer"}, {"bearerFormat", "JWT"}}}}}}},
      {"security", json::array{json::object{{"jwt", json::array{}}}}}};
  *document = json::serialize(api);
}

}  // namespace common::http
