// What connection.h promises, against a Redis that freezes, cuts and babbles as it is told.

#include "common/redis/connection.h"

#include <future>

#include "tests/common/redis/fake_redis.h"
#include "tests/support/catch.h"
#include "tests/support/run_task.h"

using namespace common::redis;
using namespace std::chrono_literals;
using common::Failure;
using common::Result;
using common::Task;
using testing::FakeRedis;

namespace {

constexpr auto long_enough = 30s;  // for what must not take long; bounds a hanging test

using Outcome = Result<Reply>;

Task<Outcome> ask(Connection& connection, std::chrono::nanoseconds limit, std::string_view a, std::string_view b) {
  const std::array<std::string_view, 2> command{a, b};
  co_return co_await exchange([&connection]() -> Connection& { return connection; }, command, limit);
}

Task<std::string> echo(Connection& connection, std::string text) {
  auto reply = co_await ask(connection, long_enough, "ECHO", text);
  co_return std::move(reply).value().text;
}

Task<> then_stop(Task<> test, Connection& connection) {
  std::exception_ptr thrown;
  try {
    co_await std::move(test);
  } catch (...) {
    thrown = std::current_exception();
  }
  co_await connection.stop();
  if (thrown) std::rethrow_exception(thrown);
}

template <class Test>
Task<> test_beside(ConnectionOptions options, Test& test) {
  const auto executor = co_await common::asio::this_coro::executor;
  const auto connection = std::make_shared<Connection>(executor, std::move(options));
  common::spawn(executor, "connection", connection->run());
  co_await then_stop(test(*connection), *connection);
}

// `test(connection)` beside the connection's own coroutine, which it ends.
template <class Test>
void with_connection(ConnectionOptions options, Test test) {
  testing::run_task(test_beside(std::move(options), test));
}

void echo_all(FakeRedis::Peer& peer) {
  while (const auto command = peer.next())
    peer.send("+" + command->back() + "\r\n");
}

Failure failure_of(const Outcome& outcome) {
  REQUIRE(outcome.has_error());
  return outcome.error().kind;
}

// A co_await inside of CHECK would run twice: Catch2 v2 names the expression a second time, unevaluated, which GCC's
// coroutines do not respect.
Task<> expect(Failure kind, Task<Outcome> asked) {
  const auto outcome = co_await std::move(asked);
  CHECK(failure_of(outcome) == kind);
}

Task<> expect_echo(Connection& connection, std::string text) {
  const auto echoed = co_await echo(connection, text);
  CHECK(echoed == text);
}

// A promise that a script waits for, but not for ever.
class Signal {
 public:
  void give() { promise_.set_value(); }
  void wait() { REQUIRE(future_.wait_for(long_enough) == std::future_status::ready); }

 private:
  std::promise<void> promise_;
  std::shared_future<void> future_ = promise_.get_future().share();
};

Task<> until(std::function<bool()> holds) {
  for (int i = 0; !holds(); ++i) {
    if (i == 30'000) throw std::runtime_error("waited in vain");
    co_await common::sleep_for(1ms);  // between two questions
  }
}

}  // namespace

TEST_CASE("each of many coroutines on one Redis connection gets its own answer") {
  FakeRedis redis(echo_all);
  with_connection(redis.options(), [](Connection& connection) -> Task<> {
    int right = 0;
    int ended = 0;
    const auto worker = [&](int id) -> Task<> {
      for (int i = 0; i < 20; ++i) {
        const std::string text = std::to_string(id) + "/" + std::to_string(i);
        right += co_await echo(connection, text) == text;
      }
      ++ended;
    };
    for (int id = 0; id < 64; ++id)
      common::spawn(co_await common::asio::this_coro::executor, "worker", worker(id));
    co_await until([&] { return ended == 64; });
    CHECK(right == 64 * 20);
  });
  CHECK(redis.connections() == 1);
}

TEST_CASE("what is asked in one turn of the loop leaves in one piece") {
  std::promise<std::size_t> in_first_piece;
  testing::ScriptedServer server([&](testing::ScriptedServer::Peer& peer) {
    peer.receive();
    peer.send("+PONG\r\n");
    const auto piece = peer.receive();
    in_first_piece.set_value(piece ? piece->size() : 0);
    peer.wait_for_close();
  });
  ConnectionOptions options;
  options.endpoint.port = std::to_string(server.port());
  with_connection(options, [&](Connection& connection) -> Task<> {
    const auto executor = co_await common::asio::this_coro::executor;
    co_await until([&] { return connection.connected(); });
    const auto worker = [&]() -> Task<> { (void)co_await ask(connection, 1ms, "GET", "0123456789"); };
    for (int i = 0; i < 100; ++i)
      common::spawn(executor, "worker", worker());
    const std::size_t one_command = std::string_view("*2\r\n$3\r\nGET\r\n$10\r\n0123456789\r\n").size();
    auto size = in_first_piece.get_future();
    co_await until([&] { return size.wait_for(0s) == std::future_status::ready; });
    CHECK(size.get() == 100 * one_command);
  });
}

TEST_CASE("an answer that comes after its deadline goes to nobody else") {
  Signal asked_twice;
  FakeRedis redis([&](FakeRedis::Peer& peer) {
    const auto first = peer.next();
    const auto second = peer.next();
    peer.send("+late answer\r\n");
    peer.send("+" + second->back() + "\r\n");
    echo_all(peer);
  });
  with_connection(redis.options(), [](Connection& connection) -> Task<> {
    co_await until([&] { return connection.connected(); });
    co_await expect(Failure::unknown_outcome, ask(connection, 5ms, "INCR", "k"));
    co_await expect_echo(connection, "second");
    co_await expect_echo(connection, "third");
  });
  CHECK(redis.connections() == 1);
}

TEST_CASE("a command of a lost connection may have been done, and the next connection serves on") {
  FakeRedis redis([](FakeRedis::Peer& peer) {
    if (peer.number() > 0) return echo_all(peer);
    peer.next();  // and the connection ends
  });
  with_connection(redis.options(), [](Connection& connection) -> Task<> {
    co_await expect(Failure::unknown_outcome, ask(connection, long_enough, "INCR", "k"));
    co_await expect_echo(connection, "again");
  });
  CHECK(redis.connections() == 2);
}

TEST_CASE("commands fail at once while Redis is away, and work when it is back") {
  std::atomic<bool> back = false;
  testing::ScriptedServer server([&](testing::ScriptedServer::Peer& raw) {
    if (!back) return;
    FakeRedis::Peer peer(raw);
    peer.next();
    peer.send("+PONG\r\n");
    echo_all(peer);
  });
  ConnectionOptions options;
  options.endpoint.port = std::to_string(server.port());
  options.backoff = {1ms, 5ms};
  with_connection(options, [&](Connection& connection) -> Task<> {
    co_await expect(Failure::unavailable, ask(connection, long_enough, "GET", "k"));
    co_await expect(Failure::unavailable, ask(connection, long_enough, "GET", "k"));
    back = true;
    co_await until([&] { return connection.connected(); });
    co_await expect_echo(connection, "back");
  });
}

TEST_CASE("a Redis that accepts connections but does not speak is not connected to") {
  testing::ScriptedServer server([](testing::ScriptedServer::Peer& peer) { peer.wait_for_close(); });
  ConnectionOptions options;
  options.endpoint.port = std::to_string(server.port());
  options.connect_timeout = 50ms;
  with_connection(options, [](Connection& connection) -> Task<> {
    co_await expect(Failure::timed_out, ask(connection, 5ms, "GET", "k"));
    co_await expect(Failure::unavailable, ask(connection, long_enough, "GET", "k"));
    CHECK_FALSE(connection.connected());
  });
}

TEST_CASE("a Redis that owes an answer and says nothing is left") {
  FakeRedis redis([](FakeRedis::Peer& peer) {
    if (peer.number() > 0) return echo_all(peer);
    peer.wait_for_close();
  });
  auto options = redis.options();
  options.silence_max = 20ms;
  with_connection(options, [](Connection& connection) -> Task<> {
    co_await expect(Failure::unknown_outcome, ask(connection, 5ms, "GET", "k"));
    co_await expect(Failure::unknown_outcome, ask(connection, long_enough, "GET", "k"));
    co_await expect_echo(connection, "other");
  });
  CHECK(redis.connections() == 2);
}

TEST_CASE("a command of which no byte has left is taken back at its deadline") {
  Signal go_on;
  std::promise<std::vector<std::string>> seen;
  FakeRedis redis([&](FakeRedis::Peer& peer) {
    go_on.wait();
    std::vector<std::string> names;
    for (int i = 0; i < 2; ++i) {
      names.push_back(peer.next()->front());
      peer.send("+OK\r\n");
    }
    seen.set_value(names);
    peer.wait_for_close();
  });
  with_connection(redis.options(), [&](Connection& connection) -> Task<> {
    co_await until([&] { return connection.connected(); });
    const std::string more_than_sockets_hold(32 * 1024 * 1024, 'x');
    bool big_done = false;
    const auto big = [&]() -> Task<> {
      big_done = (co_await ask(connection, long_enough, "BIG", more_than_sockets_hold)).has_value();
    };
    common::spawn(co_await common::asio::this_coro::executor, "big", big());
    co_await expect(Failure::timed_out, ask(connection, 20ms, "LATE", "k"));
    bool last_done = false;
    const auto last = [&]() -> Task<> { last_done = (co_await ask(connection, long_enough, "LAST", "k")).has_value(); };
    common::spawn(co_await common::asio::this_coro::executor, "last", last());
    go_on.give();
    co_await until([&] { return big_done && last_done; });
  });
  CHECK(seen.get_future().get() == std::vector<std::string>{"BIG", "LAST"});
}

TEST_CASE("commands beyond the bounds are refused, and nothing is sent of them") {
  FakeRedis redis([](FakeRedis::Peer& peer) { peer.wait_for_close(); });
  auto options = redis.options();
  options.pending_max = 2;
  with_connection(options, [](Connection& connection) -> Task<> {
    co_await until([&] { return connection.connected(); });
    co_await expect(Failure::unknown_outcome, ask(connection, 1ms, "GET", "k"));
    co_await expect(Failure::unknown_outcome, ask(connection, 1ms, "GET", "k"));
    co_await expect(Failure::overloaded, ask(connection, 1ms, "GET", "k"));
  });
}

TEST_CASE("bytes that are no answer end the connection to Redis") {
  FakeRedis redis([](FakeRedis::Peer& peer) {
    if (peer.number() > 1) return echo_all(peer);
    peer.next();
    peer.send(peer.number() == 0 ? "HTTP/1.1 400 Bad Request\r\n" : "+OK\r\n+nobody asked\r\n");
    peer.wait_for_close();
  });
  with_connection(redis.options(), [&](Connection& connection) -> Task<> {
    co_await expect(Failure::unknown_outcome, ask(connection, long_enough, "GET", "k"));
    const auto answered = co_await ask(connection, long_enough, "GET", "k");
    CHECK(answered.has_value());
    co_await until([&] { return redis.connections() == 3; });
    co_await expect_echo(connection, "third");
  });
}

TEST_CASE("stopping ends what waits for Redis") {
  FakeRedis redis([](FakeRedis::Peer& peer) { peer.wait_for_close(); });
  with_connection(redis.options(), [](Connection& connection) -> Task<> {
    co_await until([&] { return connection.connected(); });
    std::optional<Outcome> outcome;
    const auto waiting = [&]() -> Task<> { outcome = co_await ask(connection, long_enough, "GET", "k"); };
    common::spawn(co_await common::asio::this_coro::executor, "waiting", waiting());
    co_await common::asio::post(co_await common::asio::this_coro::executor, common::use_task);
    co_await connection.stop();
    REQUIRE(outcome);
    CHECK(failure_of(*outcome) == Failure::unknown_outcome);
    co_await expect(Failure::closed, ask(connection, long_enough, "GET", "k"));
  });
}
