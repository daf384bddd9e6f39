// Bodies that the handler reads as they come, of any size.

#include "tests/common/http/test_server.h"
#include "tests/support/catch.h"
#include "tests/support/raw_client.h"

using namespace common::http;
using namespace testing;

namespace {

struct Seen {
  std::atomic<std::size_t> bytes{0};
  std::atomic<int> failures{0};
};

common::Task<Response> count_body(Request& request, Seen& seen) {
  std::size_t bytes = request.body.size();
  while (request.body_reader) {
    auto part = co_await request.body_reader->read();
    if (part.has_error()) {
      ++seen.failures;
      co_return error(400, "BODY_INCOMPLETE", part.error().message);
    }
    if (part->empty()) break;
    bytes += part->size();
    seen.bytes += part->size();
  }
  co_return text(200, std::to_string(bytes));
}

TestServerOptions counting(Seen& seen) {
  TestServerOptions options;
  options.max_body = 1024;
  options.routes = [&seen](Application& app) {
    app.router().post("/count", {.streams_body = true},
                      [&seen](Request& request) -> Reply { return count_body(request, seen); });
    app.router().post("/refuse", {.streams_body = true}, [](Request&) -> Reply { return error(403, "NO", "no"); });
  };
  return options;
}

std::string head(const std::string& framing, const std::string& path = "/count") {
  return "POST " + path + " HTTP/1.1\r\nHost: x\r\n" + framing + "\r\n";
}

std::string chunked(std::size_t count, const std::string& piece) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i)
    all += "3e8\r\n" + piece + "\r\n";
  return all + "0\r\n\r\n";
}

}  // namespace

TEST_CASE("a streamed body may be larger than any buffer, by length and in chunks, and the next request is answered") {
  Seen seen;
  TestServer server(counting(seen));
  RawClient client(server.port());
  const std::string piece(1000, 'x');
  client.send(head("Content-Length: 5000000\r\n"));
  for (int i = 0; i < 5000; ++i)
    client.send(piece);
  CHECK(client.response().body == "5000000");
  client.send(head("Transfer-Encoding: chunked\r\n") + chunked(3000, piece) + head("Content-Length: 2\r\n") + "hi" +
              head("Content-Length: 0\r\n"));
  CHECK(client.response().body == "3000000");
  CHECK(client.response().body == "2");
  CHECK(client.response().body == "0");
}

TEST_CASE("a streamed body that came behind another request is read, though the client has said its last") {
  Seen seen;
  TestServer server(counting(seen));
  RawClient client(server.port());
  client.send(head("Content-Length: 5\r\n") + "hello" + head("Content-Length: 2\r\n") + "hi" +
              head("Transfer-Encoding: chunked\r\n") + "3\r\nyou\r\n0\r\n\r\n");
  client.finish_sending();
  CHECK(client.response().body == "5");
  CHECK(client.response().body == "2");
  CHECK(client.response().body == "3");
}

TEST_CASE("where a streamed body is cut changes nothing") {
  Seen seen;
  TestServer server(counting(seen));
  const std::string message = head("Transfer-Encoding: chunked\r\n") + "5\r\nhello\r\n3\r\nyou\r\n0\r\n\r\n";
  for (std::size_t cut = 1; cut < message.size(); ++cut) {
    RawClient client(server.port());
    client.send(message.substr(0, cut));
    client.send(message.substr(cut));
    CHECK(client.response().body == "8");
  }
}

TEST_CASE("an answer before the body's end ends the connection: the rest is in the way of the next request") {
  Seen seen;
  TestServer server(counting(seen));
  RawClient client(server.port());
  client.send(head("Content-Length: 100000\r\n", "/refuse") + "begin");
  const auto answer = client.response();
  CHECK(answer.status == 403);
  CHECK(answer.header("Connection") == "close");
}

TEST_CASE("a malformed chunk, and a client that leaves, are told to the handler") {
  Seen seen;
  TestServer server(counting(seen));
  {
    RawClient client(server.port());
    client.send(head("Transfer-Encoding: chunked\r\n") + "5\r\nhello\r\nnonsense\r\n");
    CHECK(client.response().status == 400);
  }
  {
    RawClient client(server.port());
    client.send(head("Content-Length: 100\r\n") + "only this");
    CHECK(eventually([&] { return seen.bytes >= 9; }));  // it is reading
  }
  CHECK(eventually([&] { return seen.failures == 2; }));
}
