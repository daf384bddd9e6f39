#include "bench/load/response_parser.h"

#include <charconv>

#include "common/text.h"

namespace bench::load {
namespace {

ResponseHead malformed(const char* problem) {
  return {.state = ParseState::malformed, .problem = problem};
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// "HTTP/1.1 302 Found": RFC 9112 section 4. The status, or 0.
int parse_status_line(std::string_view line) {
  if (line.size() < 13 || !line.starts_with("HTTP/1.") || (line[7] != '0' && line[7] != '1')) return 0;
  if (line[8] != ' ' || line[12] != ' ') return 0;
  if (!is_digit(line[9]) || !is_digit(line[10]) || !is_digit(line[11])) return 0;
  return (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
    text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
    text.remove_suffix(1);
  return text;
}

struct Fields {
  std::uint64_t content_length = 0;
  bool has_length = false;
  bool close = false;
  const char* problem = nullptr;
};

void read_field(std::string_view line, Fields& fields) {
  const auto colon = line.find(':');
  if (colon == 0 || colon == std::string_view::npos) {
    fields.problem = "a header line without a name";
    return;
  }
  const std::string_view name = line.substr(0, colon);
  // Only three names matter, and their lengths tell most others apart.
  if (name.size() == 14 && common::iequals(name, "content-length")) {
    const std::string_view value = trimmed(line.substr(colon + 1));
    std::uint64_t length = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), length);
    if (error != std::errc{} || end != value.data() + value.size()) fields.problem = "a bad Content-Length";
    if (fields.has_length && length != fields.content_length) fields.problem = "two Content-Lengths";
    fields.content_length = length;
    fields.has_length = true;
  } else if (name.size() == 17 && common::iequals(name, "transfer-encoding")) {
    fields.problem = "a chunked answer, which this client does not read";
  } else if (name.size() == 10 && common::iequals(name, "connection")) {
    fields.close = fields.close || common::iequals(trimmed(line.substr(colon + 1)), "close");
  }
}

}  // namespace

ResponseHead parse_response_head(std::string_view bytes, bool to_head_request) {
  const auto blank = bytes.find("\r\n\r\n");
  if (blank == std::string_view::npos) {
    if (bytes.size() > head_bytes_max) return malformed("a header block over 64 KiB");
    return {};
  }
  std::string_view rest = bytes.substr(0, blank + 2);
  const auto status_end = rest.find("\r\n");
  ResponseHead head{
      .state = ParseState::complete, .status = parse_status_line(rest.substr(0, status_end)), .head_bytes = blank + 4};
  if (head.status < 200) return malformed("not an HTTP/1 status line with a final status");
  const bool http_1_0 = rest[7] == '0';

  Fields fields;
  rest.remove_prefix(status_end + 2);
  while (!rest.empty()) {
    const auto end = rest.find("\r\n");
    read_field(rest.substr(0, end), fields);
    if (fields.problem != nullptr) return malformed(fields.problem);
    rest.remove_prefix(end + 2);
  }
  head.close = fields.close || http_1_0;
  const bool no_body = to_head_request || head.status == 204 || head.status == 304;
  if (!no_body && !fields.has_length) return malformed("no Content-Length");
  head.body_bytes = no_body ? 0 : fields.content_length;
  return head;
}

}  // namespace bench::load
