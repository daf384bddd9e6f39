#include "common/http/json_body.h"

#include <algorithm>

#include "common/text.h"

namespace common::http {
namespace {

bool declared_as_json(std::string_view content_type) {
  const auto semicolon = content_type.find(';');
  auto type = content_type.substr(0, semicolon);
  while (!type.empty() && (type.back() == ' ' || type.back() == '\t'))
    type.remove_suffix(1);
  return iequals(type, "application/json");
}

}  // namespace

boost::system::result<json::object, Response> read_json(const Request& request) {
  if (!declared_as_json(request.header(Header::content_type))) {
    return error(415, "CONTENT_TYPE_UNSUPPORTED",
                 "send JSON with Content-Type: application/json (with curl: curl --json '{…}')");
  }
  auto value = parse_json(request.body);
  if (value.has_error()) {
    return error(400, "JSON_MALFORMED",
                 request.body.empty() ? "the body is empty; it must be a JSON object"
                                      : "the body is not JSON: " + value.error().message);
  }
  if (!value->is_object()) return error(422, "JSON_NOT_AN_OBJECT", "the body must be a JSON object");
  return std::move(value->as_object());
}

JsonFields::JsonFields(const json::object& object, std::initializer_list<std::string_view> accepted) : object_(object) {
  for (const auto& member : object) {
    const std::string_view name(member.key().data(), member.key().size());
    if (std::find(accepted.begin(), accepted.end(), name) != accepted.end()) continue;
    std::string list;
    for (const auto each : accepted)
      list.append(list.empty() ? "" : ", ").append(each);
    refuse(name, "is not a field of this request; accepted: " + list);
  }
}

const json::value* JsonFields::find(std::string_view name) const {
  const auto* value = object_.if_contains({name.data(), name.size()});
  return value && !value->is_null() ? value : nullptr;
}

bool JsonFields::has(std::string_view name) const {
  return object_.contains({name.data(), name.size()});
}

bool JsonFields::is_null(std::string_view name) const {
  const auto* value = object_.if_contains({name.data(), name.size()});
  return value && value->is_null();
}

void JsonFields::refuse(std::string_view field, std::string problem) {
  problems_.push_back({std::string(field), std::move(problem)});
}

Response JsonFields::refusal(std::string_view code) const {
  return error(422, code, "the request was understood and refused; details say why", problems_);
}

std::string JsonFields::required_string(std::string_view name) {
  if (!find(name)) {
    refuse(name, "is required");
    return {};
  }
  return string(name).value_or("");
}

std::optional<std::string> JsonFields::string(std::string_view name) {
  const auto* value = find(name);
  if (!value) return std::nullopt;
  if (const auto* text = value->if_string()) return std::string(text->data(), text->size());
  refuse(name, "must be a string");
  return std::nullopt;
}

std::optional<bool> JsonFields::boolean(std::string_view name) {
  const auto* value = find(name);
  if (!value) return std::nullopt;
  if (const auto* flag = value->if_bool()) return *flag;
  refuse(name, "must be true or false");
  return std::nullopt;
}

std::optional<std::uint64_t> JsonFields::unsigned_integer(std::string_view name, std::uint64_t min, std::uint64_t max) {
  const auto* value = find(name);
  if (!value) return std::nullopt;
  std::optional<std::uint64_t> number;
  if (const auto* small = value->if_int64(); small && *small >= 0) number = static_cast<std::uint64_t>(*small);
  if (const auto* large = value->if_uint64()) number = *large;
  if (number && *number >= min && *number <= max) return number;
  refuse(name, "must be a whole number from " + std::to_string(min) + " to " + std::to_string(max));
  return std::nullopt;
}

std::optional<TimePoint> JsonFields::time(std::string_view name) {
  const auto text = string(name);
  if (!text) return std::nullopt;
  const auto time = parse_rfc3339(*text);
  if (!time) refuse(name, "must be a time such as 2026-11-22T04:46:18Z (RFC 3339)");
  return time;
}

std::optional<std::vector<std::string>> JsonFields::strings(std::string_view name, std::size_t count_max,
                                                            std::size_t bytes_max) {
  const auto* value = find(name);
  if (!value) return std::nullopt;
  const auto* array = value->if_array();
  std::vector<std::string> strings;
  bool good = array && array->size() <= count_max;
  for (std::size_t i = 0; good && i < array->size(); ++i) {
    const auto* text = (*array)[i].if_string();
    good = text && !text->empty() && text->size() <= bytes_max;
    if (good) strings.emplace_back(text->data(), text->size());
  }
  if (good) return strings;
  refuse(name, "must be an array of at most " + std::to_string(count_max) + " strings of 1 to " +
                   std::to_string(bytes_max) + " bytes");
  return std::nullopt;
}

}  // namespace common::http
