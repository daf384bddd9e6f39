// Many durable writes for the price of one: group commit.
//
// Durable means that the disk has it, and asking the disk (fsync) takes longer than everything else about a small
// write together. But one fsync covers all that was written before it. So there is one writer thread: while it
// waits for the disk, writes queue up; then it takes all of them, runs them in one transaction, and commits once.
// The more writers there are, the larger the groups, and one alone waits for hardly anybody.
//
//   auto taken = co_await writer.write([&](Database& database) { return claim(database, code); });
//
//   coroutines       write ── write ── write ─┐   write ── write ─┐           (any threads)
//   writer thread    BEGIN a COMMIT·fsync ────┴ BEGIN b c d COMMIT·fsync ──┴ …
//   answers                             a ┘                           b c d ┘
//
// A write is a closure. It may read, decide and write, with nobody between: the transaction excludes every other
// writer of the file, other processes' too, so what it read is still true when it writes.
//
//   1. Acknowledged is durable. A write is answered after COMMIT returned OK, and COMMIT returns after the
//      fsync (synchronous=FULL). A crash of the process or the power afterwards does not undo it.
//   2. Each write alone, all or nothing. A closure that throws leaves no trace and its caller gets an Error; the
//      others of its group are committed.
//   3. One order. Closures run one after the other, in the order of the queue; each sees what those before it did.
//   4. A failed group has happened for nobody. No lock within busy_timeout, a full disk, an I/O error before
//      COMMIT: everyone in it gets `unavailable`, and nothing was done. Only when the disk fails during COMMIT
//      is it `unknown_outcome`: the frames may have reached the file, and recovery may find them.
//   5. Bounded. With queue_max writes waiting, one more is refused at once: `overloaded`, nothing was done.
//   6. A caller resumes on its own executor, once, whatever happens; cancelling does not interrupt it. Callers of
//      one io_context wake in one post (common/runtime/park.h).
//   7. stop() refuses new writes (`closed`), commits all that were accepted, then returns.
//
// How groups stay large. All callers of a group wake at once, and come back with their next write one after the
// other. A group that began with the first of them would leave the rest to the next, and every fsync would serve
// half of them. So a group waits, for a tenth of a millisecond at most, until it is as large as the one before.
//
// What a commit costs besides: log_vfs.h writes a group in few pieces, checkpointer.h keeps the log short.
//
// How 2 costs nothing. A savepoint around each closure would do it, at a price for every write. Throwing is
// rare, though (a conflict is an answer, not an exception: INSERT … ON CONFLICT DO NOTHING, and look what
// happened). So a group runs without savepoints; if one throws, the group is rolled back and run again, this time
// with them. That is why a closure must be callable as const: run twice, it must do the same twice, and may not
// move anything out of its captures. Effects outside of the database are not undone: there should be none.

#pragma once

#include <chrono>
#include <concepts>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "common/result.h"
#include "common/runtime/park.h"
#include "common/runtime/task.h"
#include "common/sqlite/checkpointer.h"
#include "common/sqlite/database.h"

namespace common::sqlite {

// Callable as const: it may be run twice.
template <class Closure>
concept RepeatableWrite = std::invocable<const Closure&, Database&>;

class GroupWriter {
 public:
  struct Options {
    // Writes waiting, beyond the group under way.
    std::size_t queue_max = 16384;
    // Writes in one transaction: bounds how long other processes wait for the lock.
    std::size_t group_max = 1024;
    // How long a group waits until it is as large as the one before.
    std::chrono::microseconds gather_max{100};
    // Length of the log, in pages of 4 KiB, at which a checkpoint is due.
    int checkpoint_pages = 4000;
  };
  // What happened so far, for metrics: writes / commits is the size of the average group.
  struct Counts {
    std::uint64_t writes = 0;    // acknowledged, by success or by their own exception
    std::uint64_t commits = 0;   // groups committed
    std::uint64_t replays = 0;   // groups run again because a closure threw
    std::uint64_t failures = 0;  // groups that failed as a whole
  };

  // Throws SQLite::Exception if the file cannot be opened. The schema is up to date already (migrate()).
  GroupWriter(const OpenOptions& file, Options options);
  ~GroupWriter() { stop(); }
  GroupWriter(const GroupWriter&) = delete;
  GroupWriter& operator=(const GroupWriter&) = delete;

  // Runs `closure(database)` on the writer thread and answers what it returned, once that is durable. The
  // closure may refer to the caller's locals: the caller's frame lives until the answer.
  template <RepeatableWrite Closure>
  Task<Result<std::invoke_result_t<const Closure&, Database&>>> write(Closure closure) {
    const Executor executor = co_await asio::this_coro::executor;
    Write<Closure> pending(closure);
    co_await park(executor, [&](Parked self) { accept(pending, std::move(self)); });
    co_return std::move(pending).answer();
  }

  // Blocks until everything accepted is answered. Safe to call again. The io_contexts of all callers must
  // live until then; they need not run.
  void stop();

  Counts counts() const;

  // What befell the last group, if it failed as a whole, for a health check. Forgotten after 10 s: a server that gets
  // no traffic because it is not ready would otherwise never find out that it is again.
  std::optional<std::string> trouble() const;

 private:
  // A write that waits: lives in the frame of its coroutine, which sleeps until it is answered.
  class Pending {
   public:
    virtual void run(Database& database) noexcept = 0;  // catches what the closure throws
    bool failed() const noexcept { return error_.has_value(); }
    const Error& error() const noexcept { return *error_; }
    void fail(Error error) { error_ = std::move(error); }

    std::optional<Parked> parked;

   protected:
    ~Pending() = default;
    std::optional<Error> error_;
  };

  template <class Closure>
  class Write final : public Pending {
   public:
    using Value = std::invoke_result_t<const Closure&, Database&>;

    explicit Write(const Closure& closure) noexcept : closure_(closure) {}

    void run(Database& database) noexcept override {
      error_.reset();
      try {
        if constexpr (std::is_void_v<Value>) {
          closure_(database);
        } else {
          value_.emplace(closure_(database));
        }
      } catch (const std::exception& error) {
        error_ = to_error(error);
      } catch (...) {
        error_ = Error{Failure::internal, "a write threw what is no std::exception"};
      }
    }

    Result<Value> answer() && {
      if (error_) return std::move(*error_);
      if constexpr (std::is_void_v<Value>) {
        return {};
      } else {
        return std::move(*value_);
      }
    }

   private:
    const Closure& closure_;
    std::optional<std::conditional_t<std::is_void_v<Value>, bool, Value>> value_;
  };

  void accept(Pending& write, Parked self);

  void run();
  void wait_for_queue(std::unique_lock<std::mutex>& lock);
  bool take_group();
  void answer_group();

  // Each returns what befell the whole group, if anything did. Nothing is left of the group then.
  std::optional<Error> commit_group();
  std::optional<Error> run_again_with_savepoints();
  std::optional<Error> run_under_savepoint(Pending& write);
  std::optional<Error> commit();
  std::optional<Error> execute(std::string_view sql);
  void roll_back() noexcept;

  const Options options_;
  // The writer thread's own.
  Database database_;
  Checkpointer checkpointer_;
  std::vector<Pending*> group_;
  std::size_t group_before_ = 0;  // how large the last one was

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  std::vector<Pending*> queue_;
  std::size_t wanted_ = 1;  // the queue's length that wakes the writer
  bool stopping_ = false;
  Counts counts_;
  std::optional<std::pair<std::string, Instant>> trouble_;

  std::mutex stop_mutex_;  // one stop() at a time
  std::thread thread_;     // last: it uses all of the above
};

}  // namespace common::sqlite
