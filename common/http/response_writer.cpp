#include "common/http/response_writer.h"

#include <charconv>

namespace common::http {
namespace {

void append_number(std::string& out, std::size_t number, int base = 10) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, number, base).ptr;
  out.append(digits, end);
}

}  // namespace

void write_response(const Response& response, const WriteOptions& options, std::string& out) {
  out.append("HTTP/1.1 ");
  append_number(out, static_cast<std::size_t>(response.status));
  out.push_back(' ');
  out.append(reason_phrase(response.status)).append("\r\n");
  out.append(response.headers());
  out.append("Date: ").append(options.date).append("\r\n");

  const bool bodiless = response.status == 204 || response.status == 304;
  if (response.stream) {
    if (chunked(options)) out.append("Transfer-Encoding: chunked\r\n");
  } else if (!bodiless) {
    out.append("Content-Length: ");
    append_number(out, response.body.size());
    out.append("\r\n");
  }
  if (!options.keep_alive) {
    out.append("Connection: close\r\n");
  } else if (options.version < 11) {
    out.append("Connection: keep-alive\r\n");
  }
  out.append("\r\n");
  if (!response.stream && !bodiless && !options.head_only) out.append(response.body);
}

void write_chunk(std::string_view bytes, std::string& out) {
  append_number(out, bytes.size(), 16);
  out.append("\r\n").append(bytes).append("\r\n");
}

void write_last_chunk(std::string& out) {
  out.append("0\r\n\r\n");
}

}  // namespace common::http
