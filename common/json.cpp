#include "common/json.h"

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/src.hpp>
#include <limits>
#include <vector>

#include "common/text.h"

namespace common {
namespace {

using json::error_code;
using json::string_view;

// Builds a value from basic_parser's events, as json::parser does, and remembers the names of the
// objects still open. One vector holds them all: an object that ends with n members owns the last
// n.
class StrictHandler {
 public:
  static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_array_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_key_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_string_size = std::numeric_limits<std::size_t>::max();

  StrictHandler() { values_.reset(); }
  json::value release() { return values_.release(); }
  bool repeated_name() const { return repeated_name_; }

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_array_begin(error_code&) { return true; }
  bool on_array_end(std::size_t n, error_code&) {
    values_.push_array(n);
    return true;
  }
  bool on_object_begin(error_code&) { return true; }
  bool on_object_end(std::size_t n, error_code& error) {
    const auto first = names_.end() - static_cast<std::ptrdiff_t>(n);
    std::sort(first, names_.end());
    if (std::adjacent_find(first, names_.end()) != names_.end()) {
      repeated_name_ = true;
      error = json::error::syntax;
      return false;
    }
    names_.erase(first, names_.end());
    values_.push_object(n);
    return true;
  }
  bool on_key_part(string_view part, std::size_t, error_code&) {
    name_.append(part.data(), part.size());
    values_.push_chars(part);
    return true;
  }
  bool on_key(string_view part, std::size_t, error_code&) {
    names_.push_back(name_.append(part.data(), part.size()));
    name_.clear();
    values_.push_key(part);
    return true;
  }
  bool on_string_part(string_view part, std::size_t, error_code&) {
    values_.push_chars(part);
    return true;
  }
  bool on_string(string_view part, std::size_t, error_code&) {
    values_.push_string(part);
    return true;
  }
  bool on_number_part(string_view, error_code&) { return true; }
  bool on_int64(std::int64_t value, string_view, error_code&) {
    values_.push_int64(value);
    return true;
  }
  bool on_uint64(std::uint64_t value, string_view, error_code&) {
    values_.push_uint64(value);
    return true;
  }
  bool on_double(double value, string_view, error_code&) {
    values_.push_double(value);
    return true;
  }
  bool on_bool(bool value, error_code&) {
    values_.push_bool(value);
    return true;
  }
  bool on_null(error_code&) {
    values_.push_null();
    return true;
  }
  bool on_comment_part(string_view, error_code&) { return true; }
  bool on_comment(string_view, error_code&) { return true; }

 private:
  json::value_stack values_;
  std::vector<std::string> names_;
  std::string name_;
  bool repeated_name_ = false;
};

}  // namespace

Result<json::value> parse_json(std::string_view text) {
  json::parse_options options;
  options.max_depth = json_depth_max;
  json::basic_parser<StrictHandler> parser(options);
  error_code error;
  const std::size_t used = parser.write_some(false, text.data(), text.size(), error);
  if (!error && used < text.size()) error = json::error::extra_data;
  if (error) {
    const std::string what = parser.handler().repeated_name() ? "repeated name" : error.message();
    return Error{Failure::invalid, what + " at byte " + std::to_string(used)};
  }
  return parser.handler().release();
}

std::string json_quote(std::string_view text) {
  if (valid_utf8(text)) return json::serialize(json::string_view(text.data(), text.size()));
  return json::serialize(json::string_view(replace_invalid_utf8(text)));
}

}  // namespace common
