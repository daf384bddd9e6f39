#include "common/redis/protocol.h"

#include "tests/support/catch.h"

using namespace common::redis;
using namespace std::string_literals;
using Type = Reply::Type;

namespace {

std::string bytes_of(std::initializer_list<std::string_view> arguments) {
  std::string out;
  append_command(out, Arguments(arguments.begin(), arguments.size()));
  return out;
}

// All replies in `bytes`, fed `step` bytes at a time.
std::vector<Reply> read(std::string_view bytes, std::size_t step) {
  ReplyReader reader;
  std::vector<Reply> replies;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(step, bytes.size()))) {
    reader.feed(bytes.substr(0, step));
    while (auto reply = reader.next().value())
      replies.push_back(std::move(*reply));
  }
  return replies;
}

}  // namespace

TEST_CASE("a Redis command is an array of bulk strings") {
  CHECK(bytes_of({"PING"}) == "*1\r\n$4\r\nPING\r\n");
  CHECK(bytes_of({"SET", "k", ""}) == "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$0\r\n\r\n");
  CHECK(bytes_of({"SET", "k", "a\r\n\0b"s}) == "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\na\r\n\0b\r\n"s);
}

TEST_CASE("Redis replies are read whole however they are cut") {
  const std::string bytes =
      "+OK\r\n$-1\r\n:-12\r\n$7\r\na\r\n\0b c\r\n*3\r\n:1\r\n*-1\r\n*1\r\n$0\r\n\r\n-WRONGTYPE no\r\n*0\r\n"s;
  for (std::size_t step = 1; step <= bytes.size(); ++step) {
    INFO("in pieces of " << step);
    const auto replies = read(bytes, step);
    REQUIRE(replies.size() == 7);
    CHECK((replies[0].is_text() && replies[0].text == "OK"));
    CHECK(replies[1].is_nil());
    CHECK((replies[2].is_integer() && replies[2].integer == -12));
    CHECK((replies[3].is_text() && replies[3].text == "a\r\n\0b c"s));
    REQUIRE((replies[4].is_array() && replies[4].elements.size() == 3));
    CHECK(replies[4].elements[0].integer == 1);
    CHECK(replies[4].elements[1].is_nil());
    CHECK(replies[4].elements[2].elements[0].is_text());
    CHECK((replies[5].is_error() && replies[5].text == "WRONGTYPE no"));
    CHECK((replies[6].is_array() && replies[6].elements.empty()));
  }
}

TEST_CASE("who only announces a huge array gets no memory for it") {
  for (const auto* bytes : {"*1000001\r\n", "*2147483647\r\n", "*2\r\n:1\r\n*2000000000\r\n"}) {
    ReplyReader reader;
    reader.feed(bytes);
    CHECK(reader.next().has_error());
  }
  ReplyReader reader;
  reader.feed("*1000000\r\n");
  CHECK_FALSE(reader.next().value());
}

TEST_CASE("what is no Redis reply is an error from then on") {
  ReplyReader reader;
  reader.feed("+OK\r\nHTTP/1.1 400 Bad Request\r\n");
  CHECK(reader.next().value()->text == "OK");
  CHECK(reader.next().has_error());
  reader.feed("+OK\r\n");
  CHECK(reader.next().has_error());
}
