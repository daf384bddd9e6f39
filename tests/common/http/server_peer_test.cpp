// Boost.Beast's own client as an independent peer: it parses what we write, and writes what we parse.

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include "tests/common/http/test_server.h"
#include "tests/support/catch.h"

using namespace testing;
namespace beast = boost::beast;
namespace peer = boost::beast::http;
using tcp = boost::asio::ip::tcp;

namespace {

class BeastClient {
 public:
  explicit BeastClient(std::uint16_t port) : socket_(io_) {
    socket_.connect({boost::asio::ip::address_v4::loopback(), port});
  }
  template <class Body>
  peer::response<peer::string_body> ask(const peer::request<Body>& request) {
    peer::write(socket_, request);
    peer::response_parser<peer::string_body> parser;
    parser.body_limit(boost::none);
    parser.skip(request.method() == peer::verb::head);
    peer::read(socket_, buffer_, parser);
    return parser.release();
  }
  tcp::socket& socket() { return socket_; }

 private:
  boost::asio::io_context io_;
  tcp::socket socket_;
  beast::flat_buffer buffer_;
};

peer::request<peer::string_body> ask_for(peer::verb verb, const char* target, std::string body = {}) {
  peer::request<peer::string_body> request(verb, target, 11);
  request.set(peer::field::host, "localhost");
  request.body() = std::move(body);
  request.prepare_payload();
  return request;
}

}  // namespace

TEST_CASE("Beast's client understands every kind of answer, on one connection") {
  TestServer server;
  server.gate().open();
  BeastClient client(server.port());
  for (int i = 0; i < 3; ++i) {
    CHECK(client.ask(ask_for(peer::verb::get, "/hello")).body() == "hello");
    CHECK(client.ask(ask_for(peer::verb::get, "/later")).body() == "later");
    CHECK(client.ask(ask_for(peer::verb::get, "/nothing-here")).result() == peer::status::not_found);
    CHECK(client.ask(ask_for(peer::verb::delete_, "/hello")).result() == peer::status::method_not_allowed);
    CHECK(client.ask(ask_for(peer::verb::trace, "/hello")).result() == peer::status::not_implemented);
    CHECK(client.ask(ask_for(peer::verb::options, "*")).result() == peer::status::no_content);
    const auto head = client.ask(ask_for(peer::verb::head, "/hello"));
    CHECK(head[peer::field::content_length] == "5");
    const auto streamed = client.ask(ask_for(peer::verb::get, "/burst?size=300000"));
    CHECK(streamed.chunked());
    CHECK(streamed.body().size() == 300'001);
  }
}

TEST_CASE("Beast's client is understood, with lengths and in chunks") {
  TestServer server;
  BeastClient client(server.port());
  const std::string body(700'000, 'e');
  CHECK(client.ask(ask_for(peer::verb::post, "/echo", body)).body() == body);

  peer::request<peer::string_body> in_chunks = ask_for(peer::verb::post, "/echo", body);
  in_chunks.chunked(true);
  CHECK(client.ask(in_chunks).body() == body);

  const auto once = [&](unsigned version, bool keep_alive) {
    auto request = ask_for(peer::verb::get, "/hello");
    request.version(version);
    request.keep_alive(keep_alive);
    return client.ask(request).keep_alive();
  };
  CHECK(once(10, true));
  CHECK(once(11, true));
  CHECK_FALSE(once(10, false));
}

TEST_CASE("chunks with extensions and trailers from Beast's client are one body") {
  TestServer server;
  BeastClient client(server.port());
  peer::request<peer::empty_body> request(peer::verb::post, "/echo", 11);
  request.set(peer::field::host, "localhost");
  request.chunked(true);
  peer::request_serializer<peer::empty_body> serializer(request);
  peer::write_header(client.socket(), serializer);
  peer::chunk_extensions extensions;
  extensions.insert("part", "1 of \"2\"");
  const std::string first = "hello, ", second = "world";
  boost::asio::write(client.socket(), peer::make_chunk(boost::asio::buffer(first), extensions));
  boost::asio::write(client.socket(), peer::make_chunk(boost::asio::buffer(second)));
  peer::fields trailer;
  trailer.set("Checksum", "abc");
  boost::asio::write(client.socket(), peer::make_chunk_last(trailer));
  beast::flat_buffer buffer;
  peer::response<peer::string_body> response;
  peer::read(client.socket(), buffer, response);
  CHECK(response.body() == "hello, world");
}
