// One connection, on which the statements of many coroutines follow each other without waiting: libpq's pipeline mode.
//
// The server answers in the order of the statements, and says nothing about whose answer it is: owed_ keeps that order.
//
//   sent     [prepare a] [run a] [run b] [sync]   [run w] [sync]       one error domain up to each Sync
//   owed_     └─ its text is new here      └─ a and b: reads            w: a write, committed by its own Sync
//
//   1. Every answer is taken by the entry at the head of owed_. Whoever gave up (the deadline) has left an entry
//      without a call, and its answer is dropped.
//   2. A write, and a step of a transaction, has a Sync of its own: no other statement's error rolls it back. It is
//      answered when that Sync is, since only there the server commits.
//   3. Reads that leave together share one Sync. After an error in such a group the server skips the rest of it; what
//      was skipped is handed back to be sent again, alone: nothing was done.
//   4. A text is prepared when first used here, in the same flush, and again when the server says that the prepared
//      statement is gone or that its plan no longer fits the table. Then too nothing was done.
//   5. A new session first runs Limits::session_begin, and is not used when that says why not.
//   6. open() keeps it connected until close(): after a failure it tries again with back-off and full jitter.
//
// Between take() and flush() nothing is encoded, so that what one turn of the loop brings goes out in one send. Up to
// libpq 16 PQpipelineSync() sends by itself: there one send for all reads, and one for each write.
//
// Belongs to the thread of its executor. take() and flush() never call the Owner back.

#pragma once

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/circular_buffer.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/postgres/call.h"
#include "common/postgres/target.h"
#include "common/resilience/backoff.h"
#include "common/runtime/task.h"
#include "common/text.h"

struct pg_conn;

namespace common::postgres {

class Connection {
 public:
  class Owner {
   public:
    virtual void answered(Call& call) = 0;  // call.answer is set
    virtual void not_done(Call& call) = 0;  // to be sent again
    virtual void turn_over() = 0;           // after any number of the above, or a change of state
    virtual void watch(Instant until) = 0;  // to call expire() then, or earlier
    // Held by what runs for a connection: while it is, the owner and the connection live.
    virtual std::shared_ptr<void> keep() = 0;

   protected:
    ~Owner() = default;
  };
  struct Limits {
    std::size_t owed_max = 512;  // entries of owed_: one a read, two a write, one more for what is to be prepared
    Duration connect = std::chrono::seconds{5};
    // Nobody waits any more for what the server is busy with, and not a byte comes.
    Duration silence = std::chrono::seconds{10};
    Backoff backoff = {};
    std::string session_begin = {};  // options.h
  };
  enum class State { closed, connecting, ready, away };  // away: the last attempt to connect failed

  Connection(Executor executor, const Target& target, Owner& owner, const Limits& limits);
  ~Connection();  // after close(), or after its io_context
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void open();
  // For good. What is under way is lost.
  void close();
  // Drops the connection and makes a new one.
  void reset();
  // Moves out whoever waits. For the end without close(): destroying them destroys their coroutines.
  void abandon(std::vector<Parked>& waiting);

  State state() const noexcept { return state_; }
  // Counts the connections made: a transaction belongs to one of them.
  std::uint64_t epoch() const noexcept { return epoch_; }
  std::size_t load() const noexcept { return owed_.size() + batch_.size(); }
  bool has_room() const noexcept {
    constexpr std::size_t entries_max = 3;  // of one call: prepare, run, sync
    return state_ == State::ready && !write_blocked_ &&
           owed_.size() + entries_max * (batch_.size() + 2) <= owed_.capacity();
  }
  // Why it is not ready; empty when nothing is known to be wrong.
  const std::string& trouble() const noexcept { return trouble_; }

  // Only while has_room(); a transaction, which has one statement at a time and this connection to itself, when ready.
  void take(Call& call) { batch_.push_back(&call); }
  void flush();

  // Answers the calls whose time is up, and gives up on a server that has fallen silent. Returns when to call next.
  Instant expire(Instant now);

 private:
  using Socket = asio::posix::basic_stream_descriptor<Executor>;
  struct Finish {
    void operator()(pg_conn* connection) const noexcept;
  };
  struct Statement {
    std::string name;
    bool prepared = false;
  };
  struct Owed {
    enum class What { prepare, run, sync };
    What what;
    Call* call = nullptr;            // of a run; null: nobody waits any more
    Statement* statement = nullptr;  // of a prepare and of a run
    ResultPtr result = nullptr;      // what has come of its answer
  };
  struct PrepareFailure {
    const Statement* statement;
    SqlError error;
  };

  // connection.cpp: coming and going
  Task<> stay_connected(std::shared_ptr<void> keep);
  Task<std::string> connect();
  Task<std::string> begin_session();
  Task<> serve();
  Task<> pause(std::uint32_t attempt);
  void lose(const std::string& why);
  void drop(std::string why);
  bool is_awaited() const;
  std::string libpq_says() const;

  // connection_answers.cpp: sending, and whose answer it is
  bool send(Call& call);
  bool send_run(Call& call);
  void send_sync();
  bool cannot_send();  // false
  void push();
  void read_answers();
  bool finish_head();
  void finish_prepare(const Owed& owed);
  void finish_run(Owed owed);
  void finish_sync(const Owed& owed);
  void refuse(Call& call, Statement& statement, const pg_result& result);
  void answer(Call& call, SqlResult<Rows> result);

  const Executor executor_;
  const Target& target_;
  Owner& owner_;
  const Limits limits_;

  State state_ = State::closed;
  bool closing_ = false;
  std::uint64_t epoch_ = 0;
  std::string trouble_;
  std::string dropped_;  // why the connection under way is to be given up; empty: it is not
  Timer retry_;
  Socket socket_;  // libpq's; released before libpq may close it
  std::unique_ptr<pg_conn, Finish> libpq_;
  Instant connect_until_ = Instant::max();  // max: no attempt under way
  Instant heard_at_ = {};                   // when a byte came last, or what was sent began to be due
  bool answered_ = false;                   // anything, since it was connected

  std::vector<Call*> batch_;  // taken, not yet sent
  boost::circular_buffer<Owed> owed_;
  bool unsynced_ = false;        // reads were sent behind the last Sync
  bool write_blocked_ = false;   // the kernel takes no more for now
  Call* uncommitted_ = nullptr;  // ran, and its Sync is not answered yet; with its rows:
  ResultPtr uncommitted_rows_;
  std::optional<PrepareFailure> prepare_failure_;  // in the error domain under way
  std::unordered_map<std::string, Statement, StringHash, std::equal_to<>> statements_;
  std::uint64_t statements_made_ = 0;
};

}  // namespace common::postgres
