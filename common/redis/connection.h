// One connection to Redis that many coroutines share, each awaiting its own answer (implicit pipelining).
//
//   commands ──▶ unsent_ ──one send a turn of the loop──▶ Redis ──answers, in order──▶ pending_, front first
//
//   1. Redis answers in the order it was asked, so answers find their callers by position alone. A caller that has
//      given up leaves its place in `pending_`: its answer, should it come, is dropped and nobody else gets it.
//   2. Everything asked within one turn of the loop leaves in one send. Nobody waits for another's answer to ask.
//   3. A deadline that passes before the first byte has left is `timed_out`: the command is taken back, and nothing was
//      done. Afterwards it is `unknown_outcome`: it was sent, and Redis may do it yet.
//   4. A lost connection makes `unavailable` of what was not sent, `unknown_outcome` of what was. Nothing is repeated.
//   5. It reconnects by itself, with back-off and full jitter. While the first attempt runs commands wait for it; when
//      one has failed they fail at once, with `unavailable`, until one succeeds.
//   6. Redis that owes answers and says nothing for `silence_max` is taken for dead, and the connection for lost.
//   7. All queues are bounded: `overloaded` beyond.
//
// There is one timer for all deadlines, set to the earliest, not one a command. Belongs to its executor's thread.

#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/redis/link.h"
#include "common/resilience/backoff.h"

namespace common::redis {

struct ConnectionOptions {
  Endpoint endpoint;
  std::chrono::nanoseconds connect_timeout = std::chrono::seconds{1};  // look-up, connect, and Redis' first answer
  Backoff backoff{std::chrono::milliseconds{50}, std::chrono::seconds{2}};
  std::chrono::nanoseconds silence_max = std::chrono::seconds{5};
  std::size_t pending_max = 65'536;           // commands without an answer, those given up included
  std::size_t unsent_max = 64 * 1024 * 1024;  // bytes
  // Told which Redis a connection has been made to, before anything else is sent on it; on the connection's thread.
  std::function<void(const ServerIdentity&)> on_open = nullptr;
};

class Connection final : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Executor executor, ConnectionOptions options);

  // Connects and reconnects until stop(). Call once.
  Task<void> run();
  // Ends run(): what is pending fails as `closed`. Returns when run() has.
  Task<void> stop();

  using Outcome = Result<Reply>;
  using Waiter = asio::async_result<asio::use_awaitable_t<Executor>, void(Outcome)>::handler_type;

  // Sends a command, and gives `waiter` its outcome within `limit`: see exchange() below. On the executor's thread.
  void ask(Waiter waiter, Arguments arguments, std::chrono::nanoseconds limit);

  // Any thread.
  bool connected() const noexcept { return connected_.load(std::memory_order_relaxed); }

 private:
  struct Pending {
    std::optional<Waiter> waiter;  // none: given up
    Instant deadline;
    std::size_t size;  // of its bytes
  };

  std::optional<Error> refusal() const;
  void flush_soon();
  void flush();
  void count_sent(std::size_t size);
  Task<Error> read_answers();
  Result<void> take_answers();
  void fail_all(const Error& reason);
  void set_alarm(Instant at);
  void check_deadlines();
  std::vector<Waiter> take_back(Instant now);
  std::vector<Waiter> give_up(Instant now);
  Task<void> pause(std::uint32_t failures);

  Executor executor_;
  const ConnectionOptions options_;
  Link link_;
  std::deque<Pending> pending_;  // oldest first
  std::string out_;              // from out_sent_ on: the rest of a command that has begun to leave, then unsent ones
  std::size_t out_sent_ = 0;
  std::size_t begun_ = 0;         // bytes of that rest
  std::size_t unsent_count_ = 0;  // the last of pending_, of which no byte has left
  Timer alarm_;                   // the earliest deadline, or the end of patience with a silent Redis
  Instant alarm_at_ = Instant::max();
  Instant heard_;              // from Redis; or when it began to owe us an answer
  Timer pause_;                // between two attempts
  Timer ended_;                // cancelled when run() has ended
  std::optional<Error> away_;  // why the last attempt failed, until one succeeds
  bool flush_posted_ = false;
  bool waits_to_write_ = false;
  bool taking_ = false;  // inside take_answers(), after which everything asked meanwhile is sent
  bool running_ = false;
  bool stopping_ = false;
  std::atomic<bool> connected_{false};
};

// Sends a command on the connection that `choose()` names, and waits for its answer, at most for `limit`. Redis' own
// errors are Errors whose message is its sentence: `unavailable` for those that pass by themselves, `overloaded` when
// its memory is full, `internal` for the rest.
//
// `arguments`: an array or a vector of string_views. Await it at once: what they point to is read, and choose() called,
// when the caller suspends. The connection must outlive the wait.
template <class Choose, class Strings>
Task<Result<Reply>> exchange(Choose choose, Strings arguments, std::chrono::nanoseconds limit) {
  return asio::async_initiate<const asio::use_awaitable_t<Executor>, void(Connection::Outcome)>(
      [choose](Connection::Waiter waiter, const Strings& command, std::chrono::nanoseconds time) {
        choose().ask(std::move(waiter), command, time);
      },
      use_task, std::move(arguments), limit);
}

}  // namespace common::redis
