// Server-sent events (WHATWG HTML, section 9.2): a stream of events over one answer, which browsers reconnect by
// themselves, telling the last id they saw in Last-Event-ID.
//
//   return event_stream([this](EventSink& events) { return watch(events); });
//
// A stream that is silent for 15 s sends a comment line, which keeps proxies from closing it and notices a client
// that is gone.

#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "common/http/response.h"

namespace common::http {

struct Event {
  std::string data;  // any text; each line becomes a data line
  std::string id;    // empty: none. CR, LF and NUL are left out
  std::string type;  // empty: "message"
};

// The event as the bytes of the stream.
std::string format_event(const Event& event);

class EventSink {
 public:
  explicit EventSink(BodyWriter& body) : body_(body) {}
  // Waits while the client is slow; `closed` once it is gone. Give the Event a name before: GCC 12 destroys a braced
  // temporary within a co_await expression twice.
  Task<Result<void>> send(const Event& event);
  Task<Result<void>> comment(std::string_view text);
  bool ending() const noexcept { return body_.ending(); }

 private:
  BodyWriter& body_;
};

Response event_stream(std::function<Task<void>(EventSink&)> source);

}  // namespace common::http
