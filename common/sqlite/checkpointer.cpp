#include "common/sqlite/checkpointer.h"

#include <pthread.h>

#include <limits>
#include <optional>

#include "common/log.h"

namespace common::sqlite {
namespace {

// Holding the write lock, a restart waits for readers: not for long.
constexpr std::chrono::milliseconds restart_patience{50};

// How many pages of the log are left to copy; nullopt if it failed, or another process is at it.
std::optional<int> copy_pages(Database& database, int mode) {
  int in_log = 0;
  int copied = 0;
  const int status = sqlite3_wal_checkpoint_v2(database.handle(), nullptr, mode, &in_log, &copied);
  if (status == SQLITE_OK) return in_log - copied;
  if (status != SQLITE_BUSY) {
    log::warn("checkpoint failed",
              {{"file", database.options().file.string()}, {"error", sqlite3_errmsg(database.handle())}});
  }
  return std::nullopt;
}

}  // namespace

Checkpointer::Checkpointer(const OpenOptions& file, int pages)
    : pages_(pages), due_at_(pages), database_(file), thread_([this] { run(); }) {}

Checkpointer::~Checkpointer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Checkpointer::watch(Database& writer) noexcept {
  sqlite3_wal_hook(writer.handle(), committed, this);
}

int Checkpointer::committed(void* self, sqlite3*, const char*, int log_pages) {
  auto& checkpointer = *static_cast<Checkpointer*>(self);
  const int before = checkpointer.log_pages_.exchange(log_pages);
  if (log_pages < before) checkpointer.due_at_ = checkpointer.pages_;  // it has started over
  if (log_pages < checkpointer.due_at_) return SQLITE_OK;
  checkpointer.due_at_ = log_pages + checkpointer.pages_;
  {
    const std::lock_guard lock(checkpointer.mutex_);
    checkpointer.due_ = true;
  }
  checkpointer.wake_.notify_one();
  return SQLITE_OK;
}

void Checkpointer::between_groups(Database& writer) {
  if (!little_left_.exchange(false)) return;
  const bool far_too_long = log_pages_ > 4 * pages_;
  const auto patience = writer.options().busy_timeout;
  writer.set_busy_timeout(restart_patience);
  copy_pages(writer, far_too_long ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE);
  writer.set_busy_timeout(patience);
}

// ---- the checkpointing thread ----

void Checkpointer::run() {
  pthread_setname_np(pthread_self(), "sqlite_wal");
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return due_ || stopping_; });
    if (stopping_) return;
    due_ = false;
    lock.unlock();
    copy_beside();
    lock.lock();
  }
}

void Checkpointer::copy_beside() {
  int left_before = std::numeric_limits<int>::max();
  for (;;) {
    const int before = log_pages_;
    const auto not_copied = copy_pages(database_, SQLITE_CHECKPOINT_PASSIVE);
    if (!not_copied) return;
    const int left = log_pages_ - before + *not_copied;
    if (left < pages_ / 8 || left > left_before / 2) break;  // little, or it gets no less
    left_before = left;
  }
  little_left_ = true;
}

}  // namespace common::sqlite
