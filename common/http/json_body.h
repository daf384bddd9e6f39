// A JSON request body, read strictly: every problem found at once, and every field that is not expected refused.
//
//   auto body = read_json(request);
//   if (!body) return body.error();          // 400, 415 or 422, ready to send
//   JsonFields fields(*body, {"longUrl", "alias"});
//   const auto url = fields.required_string("longUrl");
//   const auto alias = fields.string("alias");
//   if (fields.refused()) return fields.refusal();      // 422, naming each field and what is wrong with it
//
// A field that is null counts as absent, except where is_null() asks to know.

#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.h"
#include "common/http/request.h"
#include "common/http/response.h"
#include "common/json.h"

namespace common::http {

// The body as a JSON object, or the answer that says why it is none: 415 when it is not declared as JSON, 400 when
// it is malformed or empty, 422 when it is well-formed but no object.
boost::system::result<json::object, Response> read_json(const Request& request);

class JsonFields {
 public:
  // `accepted` must outlive this. Unknown fields are a problem that lists the accepted ones.
  JsonFields(const json::object& object, std::initializer_list<std::string_view> accepted);

  std::string required_string(std::string_view name);
  std::optional<std::string> string(std::string_view name);
  std::optional<bool> boolean(std::string_view name);
  std::optional<std::uint64_t> unsigned_integer(std::string_view name, std::uint64_t min, std::uint64_t max);
  std::optional<TimePoint> time(std::string_view name);  // RFC 3339
  std::optional<std::vector<std::string>> strings(std::string_view name, std::size_t count_max, std::size_t bytes_max);
  // Present and null: "take it away", in a PATCH (RFC 7396).
  bool is_null(std::string_view name) const;
  bool has(std::string_view name) const;

  void refuse(std::string_view field, std::string problem);
  bool refused() const noexcept { return !problems_.empty(); }
  // 422 with all problems. `code` must be a literal.
  Response refusal(std::string_view code = "VALIDATION_FAILED") const;

 private:
  const json::value* find(std::string_view name) const;  // null when absent or null

  const json::object& object_;
  std::vector<Problem> problems_;
};

[[noreturn]] inline void throw_exception_from_error(const Response&, const boost::source_location& where) {
  boost::throw_exception(std::logic_error("the error answer was not looked at"), where);
}

}  // namespace common::http
