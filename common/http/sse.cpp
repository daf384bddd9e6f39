#include "common/http/sse.h"

namespace common::http {
namespace {

void append_line(std::string& out, std::string_view field, std::string_view value) {
  out.append(field);
  for (const char c : value) {
    if (c != '\r' && c != '\n' && c != '\0') out.push_back(c);
  }
  out.push_back('\n');
}

Task<void> run_source(std::function<Task<void>(EventSink&)> source, BodyWriter& body) {
  EventSink sink(body);
  co_await source(sink);
}

}  // namespace

std::string format_event(const Event& event) {
  std::string out;
  if (!event.id.empty()) append_line(out, "id: ", event.id);
  if (!event.type.empty()) append_line(out, "event: ", event.type);
  std::string_view rest = event.data;
  for (;;) {  // CR, LF and CR LF each end a line of the stream, so each begins a new data field
    const auto end = rest.find_first_of("\r\n");
    append_line(out, "data: ", rest.substr(0, end));
    if (end == std::string_view::npos) break;
    const bool pair = rest[end] == '\r' && end + 1 < rest.size() && rest[end + 1] == '\n';
    rest.remove_prefix(end + (pair ? 2 : 1));
  }
  out.push_back('\n');
  return out;
}

Task<Result<void>> EventSink::send(const Event& event) {
  return body_.write(format_event(event));
}

Task<Result<void>> EventSink::comment(std::string_view text) {
  std::string out;
  append_line(out, ": ", text);
  return body_.write(out + "\n");
}

Response event_stream(std::function<Task<void>(EventSink&)> source) {
  Response response(200);
  response.raw_headers("Content-Type: text/event-stream\r\nCache-Control: no-store\r\nX-Accel-Buffering: no\r\n");
  response.stream_ping = ":\n\n";
  response.stream = [source = std::move(source)](BodyWriter& body) { return run_source(source, body); };
  return response;
}

}  // namespace common::http
