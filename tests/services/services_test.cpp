// The private Redis, PostgreSQL and Kafka each answer one real request of their protocol, written out in bytes.
//
// This says that what `./run test` started is what it takes it for. Clients that use them come with the first systems
// that need them. The addresses are those that `scripts/services env` prints; every wait is bounded.

#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "tests/support/catch.h"
#include "tests/support/raw_client.h"
#include "tests/support/require.h"

using namespace std::string_literals;
using namespace std::string_view_literals;
using testing::RawClient;

namespace {

constexpr std::chrono::seconds patience{10};

// A connection to what the environment `variable` names, such as redis://127.0.0.1:20011; none, said aloud, when it
// is not set.
std::optional<RawClient> connect(const char* variable) {
  const char* const value = std::getenv(variable);
  const std::string address = value == nullptr ? "" : value;
  const std::string host = "127.0.0.1:";
  if (!testing::require_or_skip(!address.empty(), variable + " is not set: ./run services up"s)) return std::nullopt;
  const auto at = address.find(host);
  INFO(variable << "=" << address);
  REQUIRE(at != std::string::npos);  // private services listen nowhere else
  return std::optional<RawClient>(std::in_place,
                                  static_cast<std::uint16_t>(std::stoi(address.substr(at + host.size()))), patience);
}

// Exactly `size` bytes; throws when the connection ends before.
std::string take(RawClient& client, std::size_t size) {
  std::string bytes;
  while (bytes.size() < size) {
    const std::string more = client.receive(size - bytes.size());
    if (more.empty()) throw std::runtime_error("the connection ended");
    bytes += more;
  }
  return bytes;
}

// Big-endian, as PostgreSQL and Kafka count.
std::string int32(std::uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8)
    bytes += static_cast<char>(value >> shift & 0xFF);
  return bytes;
}

std::uint32_t as_int32(std::string_view bytes) {
  std::uint32_t value = 0;
  for (const char c : bytes.substr(0, 4))
    value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

struct PostgresMessage {
  char type = 0;
  std::string body;
};

PostgresMessage take_message(RawClient& client) {
  const std::string head = take(client, 5);
  return {head[0], take(client, as_int32(std::string_view(head).substr(1)) - 4)};
}

// All messages until the server is ready for a query, by their types: "RSSK".
std::string until_ready(RawClient& client) {
  std::string types;
  for (auto message = take_message(client); message.type != 'Z'; message = take_message(client)) {
    INFO(message.body);
    REQUIRE(message.type != 'E');
    types += message.type;
  }
  return types;
}

}  // namespace

TEST_CASE("Redis answers PING with PONG") {
  auto redis = connect("REDIS_URL");
  if (!redis) return;
  redis->send("*1\r\n$4\r\nPING\r\n");
  CHECK(take(*redis, 7) == "+PONG\r\n");
}

TEST_CASE("PostgreSQL lets its user in without a password, and answers a query") {
  auto postgres = connect("POSTGRES_URL");
  if (!postgres) return;
  const std::string startup = int32(3 << 16) + "user\0postgres\0database\0postgres\0\0"s;  // protocol 3.0
  postgres->send(int32(static_cast<std::uint32_t>(startup.size() + 4)) + startup);
  const PostgresMessage authentication = take_message(*postgres);
  INFO(authentication.body);
  REQUIRE(authentication.type == 'R');
  CHECK(authentication.body == int32(0));  // AuthenticationOk
  until_ready(*postgres);

  const std::string query = "select 6 * 7\0"s;
  postgres->send("Q" + int32(static_cast<std::uint32_t>(query.size() + 4)) + query);
  CHECK(until_ready(*postgres) == "TDC");  // a row's description, the row, done
  postgres->send("X" + int32(4));
}

TEST_CASE("Kafka answers ApiVersions with our correlation id and no error") {
  auto kafka = connect("KAFKA_BROKERS");
  if (!kafka) return;
  const std::string correlation = "\x01\x02\x03\x04";
  const std::string request = "\0\x12\0\0"s + correlation + "\xFF\xFF";  // key 18, version 0, nobody's client id
  kafka->send(int32(static_cast<std::uint32_t>(request.size())) + request);
  const std::string answer = take(*kafka, as_int32(take(*kafka, 4)));
  REQUIRE(answer.size() > 10);
  CHECK(answer.substr(0, 4) == correlation);
  CHECK(answer.substr(4, 2) == "\0\0"sv);
  CHECK(as_int32(answer.substr(6)) > 0);  // so many requests it knows
}
