#include "common/sqlite/group_writer.h"

#include <pthread.h>

#include <algorithm>

#include "common/log.h"
#include "common/sqlite/log_vfs.h"

namespace common::sqlite {
namespace {

constexpr std::chrono::seconds trouble_lasts{10};

OpenOptions for_writing(OpenOptions file) {
  file.vfs = log_vfs();
  return file;
}

}  // namespace

GroupWriter::GroupWriter(const OpenOptions& file, Options options)
    : options_(options), database_(for_writing(file)), checkpointer_(file, options.checkpoint_pages) {
  // Only COMMIT writes to the log, and syncs it: what a large transaction spilled, log_vfs.h would still hold back
  // after a rollback, when the lock is gone and the frames' place is another process's.
  database_.run("PRAGMA cache_spill = OFF");
  checkpointer_.watch(database_);
  thread_ = std::thread([this] { run(); });
}

void GroupWriter::stop() {
  const std::lock_guard one_at_a_time(stop_mutex_);
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

GroupWriter::Counts GroupWriter::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

std::optional<std::string> GroupWriter::trouble() const {
  const std::lock_guard lock(mutex_);
  if (!trouble_ || std::chrono::steady_clock::now() - trouble_->second > trouble_lasts) return std::nullopt;
  return trouble_->first;
}

void GroupWriter::accept(Pending& write, Parked self) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) {
      write.fail({Failure::closed, "the database is closing"});
    } else if (queue_.size() >= options_.queue_max) {
      write.fail({Failure::overloaded, "too many writes are waiting"});
    } else {
      write.parked.emplace(std::move(self));
      queue_.push_back(&write);
      if (queue_.size() == wanted_) wake_.notify_one();
      return;
    }
  }
  std::vector<Parked> refused;
  refused.push_back(std::move(self));
  resume(std::move(refused));
}

// ---- the writer thread ----

void GroupWriter::run() {
  pthread_setname_np(pthread_self(), "sqlite_writer");
  while (take_group()) {
    const auto error = commit_group();
    if (error) {
      log::error("a group of writes failed",
                 {{"file", database_.options().file.string()}, {"writes", group_.size()}, {"error", error->message}});
      for (Pending* write : group_) {
        if (!write->failed()) write->fail(*error);
      }
    }
    {
      const std::lock_guard lock(mutex_);
      ++(error ? counts_.failures : counts_.commits);
      if (!error) counts_.writes += group_.size();
      trouble_.reset();
      if (error) trouble_.emplace(error->message, std::chrono::steady_clock::now());
    }
    answer_group();
    checkpointer_.between_groups(database_);
  }
}

void GroupWriter::wait_for_queue(std::unique_lock<std::mutex>& lock) {
  const auto enough = [this] { return stopping_ || queue_.size() >= wanted_; };
  wake_.wait(lock, enough);
  wanted_ = std::max<std::size_t>(group_before_, 1);
  wake_.wait_for(lock, options_.gather_max, enough);
  wanted_ = 1;
}

bool GroupWriter::take_group() {
  std::unique_lock lock(mutex_);
  wait_for_queue(lock);
  if (queue_.size() <= options_.group_max) {
    group_.swap(queue_);
  } else {
    const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(options_.group_max);
    group_.assign(queue_.begin(), end);
    queue_.erase(queue_.begin(), end);
  }
  group_before_ = group_.size();
  return !group_.empty();
}

void GroupWriter::answer_group() {
  std::vector<Parked> callers;
  callers.reserve(group_.size());
  for (Pending* write : group_)
    callers.push_back(*std::exchange(write->parked, std::nullopt));
  group_.clear();
  resume(std::move(callers));  // from here on a caller's frame, and the Pending in it, may be gone
}

std::optional<Error> GroupWriter::commit_group() {
  if (auto error = execute("BEGIN IMMEDIATE")) return error;
  for (Pending* write : group_) {
    write->run(database_);
    if (write->failed() || !database_.in_transaction()) {
      roll_back();
      return run_again_with_savepoints();
    }
  }
  return commit();
}

std::optional<Error> GroupWriter::run_again_with_savepoints() {
  {
    const std::lock_guard lock(mutex_);
    ++counts_.replays;
  }
  if (auto error = execute("BEGIN IMMEDIATE")) return error;
  for (Pending* write : group_) {
    if (auto error = run_under_savepoint(*write)) {
      roll_back();
      return error;
    }
  }
  return commit();
}

std::optional<Error> GroupWriter::run_under_savepoint(Pending& write) {
  if (auto error = execute("SAVEPOINT one")) return error;
  write.run(database_);
  if (!database_.in_transaction()) {  // disk full, I/O error: SQLite has undone the group
    return Error{Failure::unavailable, write.failed() ? write.error().message : "transaction lost"};
  }
  if (write.failed()) {
    if (auto error = execute("ROLLBACK TO one")) return error;
  }
  return execute("RELEASE one");
}

// Invariant 4: which failures of COMMIT leave the outcome open.
std::optional<Error> GroupWriter::commit() {
  auto error = execute("COMMIT");
  if (!error) return std::nullopt;
  const int status = database_.connection().getErrorCode();
  const bool certain = status == SQLITE_BUSY || status == SQLITE_FULL || status == SQLITE_CONSTRAINT;
  error->kind = certain ? Failure::unavailable : Failure::unknown_outcome;
  roll_back();
  return error;
}

void GroupWriter::roll_back() noexcept {
  if (database_.in_transaction()) database_.connection().tryExec("ROLLBACK");
}

std::optional<Error> GroupWriter::execute(std::string_view sql) {
  try {
    database_.run(sql);
    return std::nullopt;
  } catch (const std::exception& error) {
    return to_error(error);
  }
}

}  // namespace common::sqlite
