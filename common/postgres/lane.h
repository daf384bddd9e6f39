// One thread's part of a Pool: its connections, and the calls that no connection has taken yet.
//
//   start ─▶ queue_ ─▶ flush(), once a turn of the loop ─▶ the connection that owes least ─▶ answered ─▶ resumed
//
//   1. A call waits in queue_ for the end of the turn, for room on a connection, or for the first attempt to connect.
//      The queue is bounded: `overloaded`. Once an attempt has failed on every connection, all in it and all that
//      come are `unavailable` at once, until one is connected.
//   2. Callers are resumed after a batch of answers has been read, never in the middle, and what they ask next leaves
//      in one flush behind them.
//   3. One timer for all deadlines of the thread, set to the earliest. It runs while anything is due, no longer.
//   4. stop() refuses new calls, waits for those under way, each of which has a deadline, and closes.
//
// Belongs to the thread of its executor.

#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "common/postgres/connection.h"
#include "common/postgres/exclusive.h"
#include "common/postgres/options.h"
#include "common/postgres/visitors.h"

namespace common::postgres {

class Lane final : public Connection::Owner, public std::enable_shared_from_this<Lane> {
 public:
  // Connects when open() is called.
  Lane(Executor executor, const Options& options, const Target& target, std::size_t connections,
       std::size_t transactions);
  ~Lane();

  void open();
  Task<> stop();

  Executor executor() const noexcept { return executor_; }
  const Options& options() const noexcept { return options_; }
  const Visitors& callers() const noexcept { return callers_; }
  Exclusive& exclusive() noexcept { return exclusive_; }
  bool is_stopping() const noexcept { return stopping_; }

  // Why a call can't be taken now, if so.
  std::optional<SqlError> refusal() const;
  // Takes a call, after refusal() has said nothing. `self` is resumed when it is answered.
  void start(Call& call, Parked self);
  // The same for a statement of a transaction, on its connection, which is ready.
  void start_on(Connection& connection, Call& call, Parked self);
  // Why no connection is ready, if none is.
  std::optional<std::string> trouble() const;
  // Calls turn_over() at the end of this turn of the loop.
  void schedule_turn_over();

  // Of Connection::Owner.
  void answered(Call& call) override;
  void not_done(Call& call) override;
  void turn_over() override;
  void watch(Instant until) override;
  std::shared_ptr<void> keep() override;

 private:
  bool is_away() const noexcept;
  void fail(Call& call, Failure kind, const std::string& why);
  void fail_queue_if_away();
  void resume_answered();
  void flush();
  Connection* with_room() const noexcept;
  void expire();

  const Executor executor_;
  const Options options_;
  std::vector<std::unique_ptr<Connection>> connections_;
  Exclusive exclusive_;
  std::deque<Call*> queue_;
  std::vector<Parked> answered_;  // to be resumed
  std::vector<Parked> resuming_;  // kept for its capacity
  bool turning_ = false;          // in turn_over()
  bool scheduled_ = false;        // turn_over() is posted
  bool stopping_ = false;
  Visitors callers_;
  Visitors coroutines_;  // of the connections
  Timer timer_;
  Instant wakes_at_ = Instant::max();  // timer_ does
};

}  // namespace common::postgres
