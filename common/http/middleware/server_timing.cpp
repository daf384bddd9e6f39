#include "common/http/middleware/server_timing.h"

#include <charconv>

namespace common::http {
namespace {

// Appends `name;dur=` and the milliseconds with three digits behind the point: whole microseconds.
void append(Response& response, std::string_view name, std::chrono::nanoseconds duration) {
  const auto us = static_cast<unsigned long>(std::max<long>(duration.count(), 0)) / 1000;
  char digits[28];
  char* end = std::to_chars(digits, digits + 24, us / 1000).ptr;
  *end++ = '.';
  *end++ = static_cast<char>('0' + us / 100 % 10);
  *end++ = static_cast<char>('0' + us / 10 % 10);
  *end++ = static_cast<char>('0' + us % 10);
  response.raw_headers(name).raw_headers(";dur=").raw_headers({digits, end});
}

}  // namespace

void ServerTimings::after(Request& request, Response& response) {
  response.raw_headers("Server-Timing: ");
  append(response, "total", request.elapsed);
  for (const auto& [name, duration] : request.timings) {
    response.raw_headers(", ");
    append(response, name, duration);
  }
  response.raw_headers("\r\n");
}

}  // namespace common::http
