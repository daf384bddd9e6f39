#include "common/http/server_protocol.h"

#include "tests/common/http/wire.h"

using namespace common::http;
using namespace testing;
using Phase = ServerProtocol::Phase;

TEST_CASE("a request is answered, and the connection stays for the next") {
  Wire wire;
  const RawResponse response = wire.ask_one(request("GET", "/a"));
  CHECK(response.head ==
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nDate: Sun, 22 Nov 2026 "
        "04:46:18 GMT\r\n"
        "Content-Length: 6\r\n\r\n");
  CHECK(response.body == "GET /a");
  CHECK(wire.phase() == Phase::idle);
  CHECK(wire.ask_one(request("GET", "/b")).body == "GET /b");
}

TEST_CASE("HTTP/1.1 stays open unless told to close, HTTP/1.0 closes unless told to stay") {
  struct Case {
    std::string bytes;
    bool stays;
    std::string connection;
  };
  for (const auto& [bytes, stays, connection] : {
           Case{request("GET", "/"), true, ""},
           Case{request("GET", "/", "Connection: keep-alive\r\n"), true, ""},
           Case{request("GET", "/", "Connection: close\r\n"), false, "close"},
           Case{request("GET", "/", "Connection: keep-alive, close\r\n"), false, "close"},
           Case{"GET / HTTP/1.0\r\n\r\n", false, "close"},
           Case{"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", true, "keep-alive"},
           Case{"GET / HTTP/1.0\r\nConnection: close\r\n\r\n", false, "close"},
       }) {
    INFO(bytes);
    Wire wire;
    const RawResponse response = wire.ask_one(bytes);
    CHECK(response.header("Connection") == connection);
    CHECK(wire.protocol().closing() == !stays);
    CHECK(wire.phase() == (stays ? Phase::idle : Phase::closing));
    CHECK(wire.ask(request("GET", "/more")).size() == (stays ? 1U : 0U));  // nothing behind a close
  }
}

TEST_CASE("a handler can close the connection") {
  Wire wire;
  wire.at["/bye"] = [](Request&) -> Reply {
    Response response(200);
    response.close = true;
    return response;
  };
  CHECK(wire.ask(request("GET", "/bye") + request("GET", "/lost")).size() == 1);
  CHECK(wire.protocol().closing());
  CHECK(wire.started.size() == 1);
}

TEST_CASE("pipelined requests are answered in their order in one go") {
  Wire wire;
  std::string bytes;
  for (int i = 0; i < 100; ++i)
    bytes += request("GET", "/" + std::to_string(i));
  wire.receive(bytes);
  const auto all = take_all_responses(wire.take());
  REQUIRE(all.size() == 100);
  for (std::size_t i = 0; i < all.size(); ++i)
    CHECK(all[i].body == "GET /" + std::to_string(i));
}

TEST_CASE("behind an answer that is still being made, later requests wait, and then keep the order") {
  Wire wire;
  wire.receive(request("GET", "/1") + request("GET", "/later") + request("GET", "/2") + request("GET", "/soon") +
               request("POST", "/3", "Content-Length: 2\r\n", "hi"));
  wire.settle();
  CHECK(wire.phase() == Phase::busy);
  CHECK(wire.started == std::vector<std::string>{"GET /1", "GET /later"});
  CHECK(take_all_responses(wire.take()).size() == 1);
  wire.receive(request("GET", "/4"));  // more comes in the meantime
  CHECK(wire.take().empty());
  CHECK(wire.protocol().unread_bytes() > 0);
  wire.gate.open();
  wire.settle();
  const auto rest = take_all_responses(wire.take());
  REQUIRE(rest.size() == 5);
  CHECK(rest[0].body == "later");
  CHECK(rest[1].body == "GET /2");
  CHECK(rest[2].body == "soon");
  CHECK(rest[3].body == "POST /3 hi");
  CHECK(rest[4].body == "GET /4");
  CHECK(wire.protocol().unread_bytes() == 0);
  CHECK(wire.phase() == Phase::idle);
}

TEST_CASE("answers do not depend on how the requests arrive") {
  const std::string bytes = "\r\n" + request("GET", "/1") + request("GET", "/soon") +
                            request("POST", "/2", "Transfer-Encoding: chunked\r\n", "2\r\nhi\r\n0\r\n\r\n") +
                            "\r\n\r\n" + request("HEAD", "/3") + request("POST", "/4", "Content-Length: 3\r\n", "abc") +
                            request("GET", "/5", "Bad name: v\r\n") + request("GET", "/never");
  Wire whole;
  whole.receive(bytes);
  whole.settle();
  const std::string expected = whole.take();
  REQUIRE(whole.started.size() == 5);
  Wire dribbled;
  for (const char& byte : bytes) {
    dribbled.receive({&byte, 1});
    dribbled.settle();
  }
  CHECK(dribbled.take() == expected);
  CHECK(dribbled.finished == whole.finished);
}

TEST_CASE("100 Continue is said once, and only to who waits for it") {
  const std::string waits = "Expect: 100-continue\r\nContent-Length: 5\r\n";
  Wire wire;
  wire.receive(request("POST", "/", waits));
  CHECK(wire.take() == "HTTP/1.1 100 Continue\r\n\r\n");
  wire.receive("he");
  CHECK(wire.take().empty());
  wire.receive("llo");
  CHECK(take_all_responses(wire.take()).at(0).body == "POST / hello");

  CHECK(wire.ask(request("POST", "/", waits, "hello")).size() == 1);  // the body came along
  CHECK(wire.ask(request("POST", "/", waits, "h")).empty());          // its beginning did
  CHECK(wire.ask("ello").size() == 1);
  CHECK(wire.ask_one(request("POST", "/", "Expect: 100-continue\r\nContent-Length: 0\r\n")).status == 200);
  CHECK(wire.ask_one(request("GET", "/", "Expect: 100-continue\r\n")).status == 200);
  CHECK(wire.ask("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n").empty());
}

TEST_CASE("a body that will not be taken is not asked for") {
  Wire wire;
  const auto all = wire.ask(request("POST", "/", "Expect: 100-continue\r\nContent-Length: 1001\r\n"));
  REQUIRE(all.size() == 1);
  CHECK(all[0].status == 413);
  CHECK(all[0].header("Connection") == "close");
}

TEST_CASE("behind an answer in the making a waiting client is asked in its turn") {
  Wire wire;
  wire.receive(request("GET", "/later") + request("POST", "/", "Expect: 100-continue\r\nContent-Length: 2\r\n"));
  wire.settle();
  CHECK(wire.take().empty());
  wire.gate.open();
  wire.settle();
  const auto all = take_all_responses(wire.take());
  REQUIRE(all.size() == 2);
  CHECK(all[0].body == "later");
  CHECK(all[1].status == 100);
  CHECK(wire.ask_one("hi").body == "POST / hi");
}

TEST_CASE("HEAD is answered with GET's headers and no body") {
  Wire wire;
  wire.at["/"] = [](Request&) -> Reply { return text(200, "hello").header("ETag", "\"1\""); };
  wire.receive(request("GET", "/"));
  const std::string get = wire.take();
  wire.receive(request("HEAD", "/"));
  CHECK(wire.take() + "hello" == get);
  wire.at["/later"] = [&wire](Request&) -> Reply { return answer_at(wire.gate); };
  wire.receive(request("HEAD", "/later"));
  wire.settle();
  wire.gate.open();
  wire.settle();
  CHECK(wire.take().ends_with("Content-Length: 5\r\n\r\n"));
}

TEST_CASE("204 and 304 have no body and no framing headers, whatever the handler says") {
  for (const int status : {204, 304}) {
    Wire wire;
    wire.at["/"] = [status](Request&) -> Reply { return text(status, "oops"); };
    const RawResponse response = wire.ask_one(request("GET", "/"));
    CHECK(response.status == status);
    CHECK_FALSE(response.has("Content-Length"));
    wire.at["/"] = [status](Request&) -> Reply {
      Response streamed(status);
      streamed.stream = [](BodyWriter& body) -> common::Task<void> { (void)co_await body.write("oops"); };
      return streamed;
    };
    const auto all = wire.ask(request("GET", "/") + request("GET", "/next"));
    REQUIRE(all.size() == 2);
    CHECK_FALSE(all[0].has("Transfer-Encoding"));
    CHECK(all[1].body == "GET /next");
  }
}

TEST_CASE("what a handler throws is a 500 that says nothing of it") {
  Wire wire;
  wire.at["/throws"] = [](Request&) -> Reply { throw std::runtime_error("password=secret"); };
  wire.at["/throws-odd"] = [](Request&) -> Reply { throw 7; };
  wire.at["/throws-later"] = [&wire](Request&) -> Reply { return throw_at(wire.gate); };
  for (const char* path : {"/throws", "/throws-odd", "/throws-later"}) {
    wire.receive(request("GET", path));
    wire.settle();
    wire.gate.open();
    wire.settle();
    const std::string bytes = wire.take();
    CHECK(bytes.find("secret") == std::string::npos);
    const RawResponse response = take_all_responses(bytes).at(0);
    CHECK(response.status == 500);
    CHECK(response.body.find("\"INTERNAL\"") != std::string::npos);
  }
  CHECK(wire.finished == std::vector<std::string>{"500 /throws", "500 /throws-odd", "500 /throws-later"});
  CHECK(wire.ask_one(request("GET", "/")).status == 200);  // and the connection goes on
}

TEST_CASE("what the service throws when it finishes is a 500 too, and finish is not called again") {
  struct Careless : ScriptedService {
    void finish(Request& asked, Response& response) override {
      ScriptedService::finish(asked, response);
      throw std::runtime_error("password=secret");
    }
  } service;
  ProtocolDriver wire(service);
  wire.receive(request("GET", "/") + "nonsense\r\n\r\n");
  const auto all = take_all_responses(wire.take());
  REQUIRE(all.size() == 2);
  CHECK(all[0].status == 500);
  CHECK(all[1].status == 500);
  CHECK(all[1].header("Connection") == "close");
  CHECK(service.finished.size() == 2);
}

TEST_CASE("a malformed request is answered once, logged, and the connection is over") {
  Wire wire;
  const auto all = wire.ask(request("GET", "/1") + "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: +1\r\n\r\n" +
                            request("GET", "/smuggled"));
  REQUIRE(all.size() == 2);
  CHECK(all[1].status == 400);
  CHECK(all[1].header("Connection") == "close");
  CHECK(all[1].header("Content-Type") == "application/json");
  CHECK(all[1].body.find("\"FRAMING_AMBIGUOUS\"") != std::string::npos);
  CHECK(wire.started.size() == 1);
  CHECK(wire.finished == std::vector<std::string>{"200 /1", "400 "});
  CHECK(wire.ask(request("GET", "/")).empty());
}
