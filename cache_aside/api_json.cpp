#include "cache_aside/api_json.h"

#include <algorithm>

#include "common/http/json_body.h"

namespace cache_aside {

using common::http::JsonFields;
using common::http::Response;

namespace {

constexpr std::size_t name_max = 200;    // bytes
constexpr std::size_t email_max = 254;   // RFC 5321, section 4.5.3.1
constexpr std::size_t text_max = 4'000;  // bytes

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

void check_name(JsonFields& fields, const std::string& name) {
  if (name.empty() || name.size() > name_max) fields.refuse("name", "must have 1 to 200 bytes");
  if (has_control(name)) fields.refuse("name", "must have no control characters");
}

void check_email(JsonFields& fields, const std::string& email) {
  const auto at = email.find('@');
  const bool shaped =
      at != std::string::npos && at > 0 && at + 1 < email.size() && email.find(' ') == std::string::npos;
  if (!shaped || email.size() > email_max || has_control(email)) {
    fields.refuse("email", "must look like name@host, at most 254 bytes");
  }
}

// A NUL is no character that PostgreSQL stores; tabs and line ends are.
void check_text(JsonFields& fields, const std::string& text) {
  if (text.empty() || text.size() > text_max) fields.refuse("text", "must have 1 to 4000 bytes");
  const auto refused = [](unsigned char c) { return c < 0x20 && c != '\n' && c != '\t'; };
  if (std::any_of(text.begin(), text.end(), refused)) fields.refuse("text", "must have no control characters");
}

}  // namespace

std::variant<User, Response> parse_new_user(const common::json::object& body) {
  JsonFields fields(body, {"name", "email"});
  User user;
  user.name = fields.required_string("name");
  user.email = fields.required_string("email");
  if (fields.refused()) return fields.refusal();
  check_name(fields, user.name);
  check_email(fields, user.email);
  if (fields.refused()) return fields.refusal();
  return user;
}

std::variant<UserEdit, Response> parse_user_edit(const common::json::object& body) {
  JsonFields fields(body, {"name", "email"});
  UserEdit edit;
  edit.name = fields.string("name");
  edit.email = fields.string("email");
  for (const char* field : {"name", "email"}) {
    if (fields.is_null(field)) fields.refuse(field, "cannot be taken away");
  }
  if (edit.name) check_name(fields, *edit.name);
  if (edit.email) check_email(fields, *edit.email);
  if (!fields.refused() && !edit.name && !edit.email) fields.refuse("", "must change something: name, email");
  if (fields.refused()) return fields.refusal();
  return edit;
}

std::variant<Post, Response> parse_new_post(const common::json::object& body, common::TimePoint now) {
  JsonFields fields(body, {"authorId", "text"});
  Post post;
  const auto author = fields.unsigned_integer("authorId", 1, INT64_MAX);
  if (!author && !fields.refused()) fields.refuse("authorId", "is missing");
  post.text = fields.required_string("text");
  if (!fields.refused()) check_text(fields, post.text);
  if (fields.refused()) return fields.refusal();
  post.author = *author;
  post.created_at = now;
  return post;
}

std::variant<std::string, Response> parse_post_edit(const common::json::object& body) {
  JsonFields fields(body, {"text"});
  std::string text = fields.required_string("text");
  if (!fields.refused()) check_text(fields, text);
  if (fields.refused()) return fields.refusal();
  return text;
}

const std::string_view schemas = R"({
  "NewUser": {"type": "object", "required": ["name", "email"], "additionalProperties": false, "properties": {
    "name": {"type": "string", "minLength": 1, "maxLength": 200},
    "email": {"type": "string", "format": "email", "maxLength": 254}}},
  "UserEdit": {"type": "object", "minProperties": 1, "additionalProperties": false, "properties": {
    "name": {"type": "string", "minLength": 1, "maxLength": 200},
    "email": {"type": "string", "format": "email", "maxLength": 254}}},
  "User": {"type": "object", "required": ["id", "name", "email", "version"], "properties": {
    "id": {"type": "integer"}, "name": {"type": "string"}, "email": {"type": "string"},
    "version": {"type": "integer"}}},
  "NewPost": {"type": "object", "required": ["authorId", "text"], "additionalProperties": false, "properties": {
    "authorId": {"type": "integer", "minimum": 1},
    "text": {"type": "string", "minLength": 1, "maxLength": 4000}}},
  "PostEdit": {"type": "object", "required": ["text"], "additionalProperties": false, "properties": {
    "text": {"type": "string", "minLength": 1, "maxLength": 4000}}},
  "Post": {"type": "object", "required": ["id", "authorId", "text", "createdAt", "version"], "properties": {
    "id": {"type": "integer"}, "authorId": {"type": "integer"}, "text": {"type": "string"},
    "createdAt": {"type": "string", "format": "date-time"}, "version": {"type": "integer"}}},
  "FeedPage": {"type": "object", "required": ["data", "meta"], "properties": {
    "data": {"type": "array", "items": {"$ref": "#/components/schemas/Post"}},
    "meta": {"type": "object", "properties": {
      "limit": {"type": "integer"}, "nextCursor": {"type": ["string", "null"]}}}}}
})";

}  // namespace cache_aside
