#include "common/http/middleware/server_timing.h"

#include <charconv>

namespace common::http {
namespace {

// Appends `name;dur=` and the milliseconds with three digits behind the point: whole microseconds.
void append(std::string& out, std::string_view name, std::chrono::nanoseconds duration) {
  const auto us = static_cast<unsigned long>(std::max<long>(duration.count(), 0)) / 1000;
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, us / 1000).ptr;
  out.append(name).append(";dur=").append(digits, end);
  out.push_back('.');
  out.push_back(static_cast<char>('0' + us / 100 % 10));
  out.push_back(static_cast<char>('0' + us / 10 % 10));
  out.push_back(static_cast<char>('0' + us % 10));
}

}  // namespace

void ServerTimings::after(Request& request, Response& response) {
  std::string line = "Server-Timing: ";
  append(line, "total", request.elapsed);
  for (const auto& [name, duration] : request.timings) {
    line.append(", ");
    append(line, name, duration);
  }
  response.raw_headers(line.append("\r\n"));
}

}  // namespace common::http
