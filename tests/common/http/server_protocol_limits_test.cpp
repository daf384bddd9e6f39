// Streams, limits, time-outs, draining, and what a connection holds.

#include "common/http/server_protocol.h"
#include "tests/common/http/wire.h"

using namespace common::http;
using namespace testing;
using common::Task;
using Phase = ServerProtocol::Phase;

namespace {

Task<void> write_parts(BodyWriter& body, Gate& gate) {
  (void)co_await body.write("one");
  (void)co_await body.write("");  // no chunk: it would end the body
  co_await gate.wait();
  (void)co_await body.write("two");
}

Task<void> break_off(BodyWriter& body) {
  (void)co_await body.write("one");
  throw std::runtime_error("broken");
}

struct StreamWire : Wire {
  StreamWire() {
    at["/stream"] = [this](Request&) -> Reply {
      Response response(200);
      response.stream = [this](BodyWriter& body) { return write_parts(body, gate); };
      return response;
    };
    at["/breaks"] = [](Request&) -> Reply {
      Response response(200);
      response.stream = break_off;
      return response;
    };
  }
};

}  // namespace

TEST_CASE("a streamed body goes out in chunks as it is made, and later requests wait for its end") {
  StreamWire wire;
  wire.receive(request("GET", "/stream") + request("GET", "/next"));
  wire.settle();
  CHECK(wire.phase() == Phase::streaming);
  std::string sent = wire.take();
  CHECK(sent.find("Transfer-Encoding: chunked\r\n") != std::string::npos);
  CHECK(sent.ends_with("\r\n\r\n3\r\none\r\n"));
  wire.receive(request("GET", "/third"));
  wire.gate.open();
  wire.settle();
  const auto all = take_all_responses(sent + wire.take());
  REQUIRE(all.size() == 3);
  CHECK(all[0].body == "onetwo");
  CHECK(all[1].body == "GET /next");
  CHECK(all[2].body == "GET /third");
  CHECK(wire.phase() == Phase::idle);
}

TEST_CASE("for HTTP/1.0 a streamed body has no chunks and ends with the connection") {
  StreamWire wire;
  wire.receive("GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  wire.settle();
  CHECK_FALSE(wire.protocol().closing());
  wire.gate.open();
  wire.settle();
  const auto all = take_all_responses(wire.take(), true);
  REQUIRE(all.size() == 1);
  CHECK(all[0].header("Connection") == "close");
  CHECK(all[0].until_close);
  CHECK(all[0].body == "onetwo");
  CHECK(wire.protocol().closing());
}

TEST_CASE("a stream that breaks off has no last chunk, so that the client can tell") {
  StreamWire wire;
  wire.receive(request("GET", "/breaks"));
  wire.settle();
  CHECK(wire.take().ends_with("3\r\none\r\n"));
  CHECK(wire.protocol().closing());
}

TEST_CASE("a stream that has something for the silence sends it, until its end, and others nothing") {
  for (const bool pings : {true, false}) {
    StreamWire wire;
    wire.at["/pings"] = [&](Request&) -> Reply {
      Response response(200);
      if (pings) response.stream_ping = ":\n\n";
      response.stream = [&wire](BodyWriter& body) { return write_parts(body, wire.gate); };
      return response;
    };
    wire.protocol().stream_ping(wire.output());  // nothing is streamed yet
    CHECK(wire.take().empty());
    wire.receive(request("GET", "/pings"));
    wire.settle();
    wire.take();
    wire.protocol().stream_ping(wire.output());
    CHECK(wire.take() == (pings ? "3\r\n:\n\n\r\n" : ""));
    wire.gate.open();
    wire.settle();
    wire.take();
    wire.protocol().stream_ping(wire.output());
    CHECK(wire.take().empty());
  }
}

TEST_CASE("HEAD of a stream starts no stream") {
  StreamWire wire;
  wire.receive(request("HEAD", "/stream") + request("GET", "/next"));
  wire.settle();
  CHECK(wire.streams_started == 0);
  std::string sent = wire.take();
  CHECK(take_response(sent, true)->header("Transfer-Encoding") == "chunked");
  CHECK(take_response(sent)->body == "GET /next");
}

TEST_CASE("a stream whose client has gone, or while draining, closes the connection") {
  for (const bool gone : {true, false}) {
    StreamWire wire;
    wire.receive(request("GET", "/stream"));
    wire.settle();
    (gone ? wire.client_gone : wire.drains) = true;
    wire.gate.open();
    wire.settle();
    CHECK(wire.protocol().closing());
    CHECK(wire.take().ends_with("0\r\n\r\n") == !gone);
  }
}

TEST_CASE("each route has its own body limit, and too large a body is refused unread") {
  Wire wire;
  wire.body_limit["/small"] = 3;
  wire.body_limit["/large"] = 5000;
  CHECK(wire.ask_one(request("POST", "/large", "Content-Length: 5000\r\n", std::string(5000, 'a'))).status == 200);
  CHECK(wire.ask_one(request("POST", "/small", "Content-Length: 3\r\n", "abc")).status == 200);
  const RawResponse refused = wire.ask_one(request("POST", "/small", "Content-Length: 4\r\n"));
  CHECK(refused.status == 413);
  CHECK(refused.header("Connection") == "close");
  CHECK(wire.protocol().closing());
  CHECK(wire.finished.back() == "413 /small");

  Wire chunked;
  chunked.body_limit["/small"] = 3;
  chunked.receive(request("POST", "/small", "Transfer-Encoding: chunked\r\n", "2\r\nab\r\n"));
  CHECK(chunked.take().empty());
  CHECK(chunked.ask_one("2\r\ncd").status == 413);
}

TEST_CASE("a client that is too slow in the middle of a request gets 408, an idle one nothing") {
  for (const char* begun :
       {"G", "GET / HTTP/1.1\r\nHost: x\r\n", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhel",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r"}) {
    INFO(begun);
    Wire wire;
    wire.receive(begun);
    wire.time_out();
    const RawResponse response = take_all_responses(wire.take()).at(0);
    CHECK(response.status == 408);
    CHECK(response.header("Connection") == "close");
    CHECK(wire.protocol().closing());
    CHECK(wire.finished.size() == 1);
  }
  for (const std::string& before : {std::string(), std::string("\r\n"), std::string("\r"), request("GET", "/")}) {
    Wire wire;
    wire.receive(before);
    wire.take();
    wire.time_out();
    CHECK(wire.take().empty());
    CHECK(wire.protocol().closing());
  }
}

TEST_CASE("while draining every answer says that the connection closes") {
  Wire wire;
  wire.receive(request("GET", "/later"));
  wire.settle();
  wire.drains = true;
  wire.gate.open();
  wire.settle();
  CHECK(take_all_responses(wire.take()).at(0).header("Connection") == "close");
  CHECK(wire.protocol().closing());
  Wire other;
  other.drains = true;
  CHECK(other.ask_one(request("GET", "/")).header("Connection") == "close");
}

TEST_CASE("input is left unread while the output is large, and taken up again") {
  Wire wire;
  wire.at["/big"] = [](Request&) -> Reply { return text(200, std::string(ServerProtocol::out_high / 4, 'b')); };
  std::string bytes;
  for (int i = 0; i < 20; ++i)
    bytes += request("GET", "/big");
  wire.receive(bytes);
  std::size_t answers = 0;
  for (int turn = 0; turn < 100 && answers < 20; ++turn) {
    const std::string sent = wire.take();
    CHECK(sent.size() < ServerProtocol::out_high * 3 / 2);
    answers += take_all_responses(sent).size();
    wire.resume();
  }
  CHECK(answers == 20);
  CHECK(wire.protocol().unread_bytes() == 0);
}

TEST_CASE("a request tells when it began, where from, and whether over TLS, also one that is refused") {
  Wire wire;
  wire.over_tls = true;
  const auto begun = wire.time;
  wire.at["/"] = [&](Request& asked) -> Reply {
    CHECK(asked.started == begun);
    CHECK(asked.peer_address == "192.0.2.7");
    CHECK(asked.secure);
    return Response{204};
  };
  wire.receive("GET / HT");
  wire.time += std::chrono::seconds{5};
  wire.receive("TP/1.1\r\nHost: x\r\n\r\n");
  REQUIRE(wire.started.size() == 1);

  struct Refusals : ScriptedService {
    void finish(Request& refused, Response&) override {
      CHECK(refused.peer_address == "192.0.2.7");
      CHECK(refused.secure);
    }
  } refusals;
  ProtocolDriver other(refusals);
  other.over_tls = true;
  other.receive("nonsense\r\n\r\n");
  CHECK(other.take().starts_with("HTTP/1.1 400 "));
}

TEST_CASE("a connection holds an exchange only while a request is under way") {
  Wire wire;
  CHECK(wire.phase() == Phase::idle);
  wire.receive("GET");
  CHECK(wire.phase() == Phase::head);
  wire.receive(" /later HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n");
  CHECK(wire.phase() == Phase::body);
  wire.receive("hi");
  CHECK(wire.phase() == Phase::busy);
  wire.settle();
  wire.gate.open();
  wire.settle();
  CHECK(wire.phase() == Phase::idle);
  wire.receive("\r\n");
  CHECK(wire.phase() == Phase::idle);
}

TEST_CASE("exchanges are used again, clean, and only some are kept") {
  ExchangePool pool;
  auto first = pool.take();
  auto* const address = first.get();
  first->parser.feed(request("POST", "/a?b", "Content-Length: 5\r\nOrigin: o\r\n"));
  first->request.id = "1";
  first->request.subject = "me";
  pool.give(std::move(first));
  auto again = pool.take();
  CHECK(again.get() == address);
  CHECK(again->parser.untouched());
  CHECK(again->request.headers().empty());
  CHECK(again->request.id.empty());
  CHECK(again->request.subject.empty());
  CHECK(again->request.query.empty());
  std::vector<std::unique_ptr<Exchange>> many;
  for (int i = 0; i < 100; ++i)
    many.push_back(pool.take());
  for (auto& each : many)
    pool.give(std::move(each));  // those past the spare ones are freed
}
