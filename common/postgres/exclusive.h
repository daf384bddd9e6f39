// A thread's connections for transactions: each is held by one transaction at a time.
//
// They are apart from those that everybody's statements share, so a transaction that takes long delays no other call,
// and the first that needs one opens it. Who finds none free waits in a bounded queue (`overloaded`), until its
// deadline (`timed_out`), or until it is clear that the server is away (`unavailable`). First come, first served.
//
// Belongs to the thread of its executor.

#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "common/postgres/connection.h"

namespace common::postgres {

class Exclusive {
 public:
  Exclusive(Executor executor, std::size_t waiting_max) : executor_(executor), waiting_max_(waiting_max) {}

  // Before the first acquire().
  void add(std::unique_ptr<Connection> connection) { slots_.push_back({std::move(connection)}); }

  // A connection that is ready and held by nobody else. `owner` is told of the deadline.
  Task<SqlResult<Connection*>> acquire(Instant deadline, Connection::Owner& owner);
  // Gives it back. `clean`: no transaction is open on it and no answer is due; otherwise it is connected anew.
  void release(Connection& connection, bool clean);

  // Of the Lane's turn: hands free connections to those who wait, and adds them to `woken`.
  void grant(std::vector<Parked>& woken);
  void flush();
  // Returns when to call next.
  Instant expire(Instant now, std::vector<Parked>& woken);
  void close();
  void abandon(std::vector<Parked>& waiting);

 private:
  struct Slot {
    std::unique_ptr<Connection> connection;
    bool held = false;
  };
  // Lives in the frame of its coroutine.
  struct Waiter {
    Instant deadline;
    SqlResult<Connection*> outcome = nullptr;
    std::optional<Parked> parked = {};
  };

  Connection* take_free() noexcept;
  // No connection is ready or may soon be; and at least one attempt has shown it.
  const Connection* away() const noexcept;
  void open_one_more();
  static void wake(Waiter& waiter, SqlResult<Connection*> outcome, std::vector<Parked>& woken);

  const Executor executor_;
  const std::size_t waiting_max_;
  std::vector<Slot> slots_;
  std::deque<Waiter*> waiting_;
};

}  // namespace common::postgres
