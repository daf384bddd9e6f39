#include "common/sqlite/checkpointer.h"

#include <pthread.h>

#include "common/log.h"

namespace common::sqlite {

namespace {

// While a restart waits for a reader, the writer waits too: not for long.
OpenOptions impatient(OpenOptions file) {
  file.busy_timeout = std::chrono::milliseconds{50};
  return file;
}

}  // namespace

Checkpointer::Checkpointer(const OpenOptions& file, int pages)
    : pages_(pages), due_at_(pages), database_(impatient(file)), thread_([this] { run(); }) {}

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
  if (log_pages < checkpointer.last_pages_) checkpointer.due_at_ = checkpointer.pages_;  // it started over
  checkpointer.last_pages_ = log_pages;
  if (log_pages < checkpointer.due_at_) return SQLITE_OK;
  checkpointer.due_at_ = log_pages + checkpointer.pages_;
  {
    const std::lock_guard lock(checkpointer.mutex_);
    checkpointer.due_ = true;
  }
  checkpointer.wake_.notify_one();
  return SQLITE_OK;
}

void Checkpointer::run() {
  pthread_setname_np(pthread_self(), "sqlite_wal");
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return due_ || stopping_; });
    if (stopping_) return;
    due_ = false;
    lock.unlock();
    if (checkpoint(SQLITE_CHECKPOINT_PASSIVE) > 4 * pages_) {
      checkpoint(SQLITE_CHECKPOINT_RESTART);
    }
    lock.lock();
  }
}

int Checkpointer::checkpoint(int mode) {
  int log_pages = 0;
  int copied = 0;
  const int status =
      sqlite3_wal_checkpoint_v2(database_.handle(), nullptr, mode, &log_pages, &copied);
  if (status != SQLITE_OK && status != SQLITE_BUSY) {
    log::warn("checkpoint failed", {{"file", database_.options().file.string()},
                                    {"error", sqlite3_errmsg(database_.handle())}});
  }
  return log_pages;
}

}  // namespace common::sqlite
