#include "common/http/sse.h"

#include "tests/common/http/wire.h"

using namespace common::http;
using namespace testing;
using common::Task;

namespace {

// Two events and a comment; then waits for the gate and says whether the client was still there.
Task<void> tell(EventSink& events, Gate& gate, std::string& outcome) {
  const Event first{.data = "hello", .id = "1", .type = {}};
  (void)co_await events.send(first);
  (void)co_await events.comment("still\r\nhere");
  co_await gate.wait();
  outcome = events.ending() ? "ending, " : "open, ";
  const Event second{.data = "bye", .id = "2", .type = "end"};
  const auto sent = co_await events.send(second);
  outcome += sent ? "sent" : "not sent";
}

struct EventWire : Wire {
  std::string outcome;

  EventWire() {
    at["/events"] = [this](Request&) -> Reply {
      return event_stream([this](EventSink& events) { return tell(events, gate, outcome); });
    };
  }
};

}  // namespace

TEST_CASE("an event is its fields, a line each, and an empty line") {
  CHECK(format_event({"hello", "", ""}) == "data: hello\n\n");
  CHECK(format_event({"hello", "7", "greeting"}) == "id: 7\nevent: greeting\ndata: hello\n\n");
  CHECK(format_event({"", "", ""}) == "data: \n\n");
  CHECK(format_event({" space", "", ""}) == "data:  space\n\n");
}

TEST_CASE("each line of the data is a data field, whichever way lines end") {
  CHECK(format_event({"a\nb", "", ""}) == "data: a\ndata: b\n\n");
  CHECK(format_event({"a\r\nb\rc\n", "", ""}) == "data: a\ndata: b\ndata: c\ndata: \n\n");
  CHECK(format_event({"\n\n", "", ""}) == "data: \ndata: \ndata: \n\n");
}

TEST_CASE("nothing in an event can begin another field or event") {
  const std::string bytes =
      format_event({"x\r\rid: 9\n\nevent: evil\ndata: y", "1\n\ndata: evil", std::string("t\r\nid: 9\0", 8)});
  CHECK(bytes ==
        "id: 1data: evil\nevent: tid: 9\ndata: x\ndata: \ndata: id: 9\ndata: \ndata: event: "
        "evil\ndata: data: y\n\n");
}

TEST_CASE("a stream of events says what it is, and that nobody may keep or hold back any of it") {
  EventWire wire;
  wire.receive(request("GET", "/events"));
  wire.settle();
  std::string sent = wire.take();
  CHECK(sent.find("Content-Type: text/event-stream\r\n") != std::string::npos);
  CHECK(sent.find("Cache-Control: no-store\r\n") != std::string::npos);
  CHECK(sent.find("X-Accel-Buffering: no\r\n") != std::string::npos);
  wire.gate.open();
  wire.settle();
  sent += wire.take();
  CHECK(take_all_responses(sent).at(0).body == "id: 1\ndata: hello\n\n: stillhere\n\nid: 2\nevent: end\ndata: bye\n\n");
  CHECK(wire.outcome == "open, sent");
}

TEST_CASE("a source notices that its client has gone, or that the server drains") {
  for (const bool gone : {true, false}) {
    EventWire wire;
    wire.receive(request("GET", "/events"));
    wire.settle();
    (gone ? wire.client_gone : wire.drains) = true;
    wire.gate.open();
    wire.settle();
    CHECK(wire.outcome == (gone ? "ending, not sent" : "ending, sent"));
    CHECK(wire.protocol().closing());
  }
}
