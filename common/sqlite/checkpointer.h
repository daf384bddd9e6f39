// Moves what is in the write-ahead log into the database file, beside the writer instead of inside its commits.
//
// Left alone, SQLite checkpoints within whichever COMMIT finds the log too long, and that caller pays for copying
// thousands of pages and for two more fsyncs. Here a thread with its own connection copies while the writer goes on
// appending. But a log in which something is always left to copy never starts over: it would grow for ever, and
// appending to a file makes each fsync write its new length too. So it goes in two steps:
//
//   beside     the thread copies, again and again, until what the writer appended meanwhile is little;
//   between    the writer itself copies that little, between two groups. Nothing is left, and its next
//              transaction starts the log over from the front.
//
// Another process that keeps writing spoils the second step. From four times the limit on it is done holding the
// write lock (RESTART). A reader in the middle of a long query delays both; for that nobody waits, the log grows
// until it is done. A checkpoint that fails does no harm to the data: the log keeps everything.

#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "common/sqlite/database.h"

namespace common::sqlite {

class Checkpointer {
 public:
  // A checkpoint is due when the log has `pages` pages.
  Checkpointer(const OpenOptions& file, int pages);
  ~Checkpointer();
  Checkpointer(const Checkpointer&) = delete;
  Checkpointer& operator=(const Checkpointer&) = delete;

  // Replaces SQLite's own checkpoints on the writer's connection. Call once; this outlives the connection's use.
  void watch(Database& writer) noexcept;

  // The second step, if it is its turn: called by the writer's thread outside of transactions.
  void between_groups(Database& writer);

 private:
  static int committed(void* self, sqlite3*, const char*, int log_pages);
  void run();
  void copy_beside();

  const int pages_;
  std::atomic<int> log_pages_ = 0;  // after the last commit
  int due_at_;                      // the writer thread's: at this length it asks for a checkpoint
  std::atomic<bool> little_left_ = false;
  Database database_;  // the checkpointing thread's

  std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  bool due_ = false;
  bool stopping_ = false;

  std::thread thread_;  // last: it uses all of the above
};

}  // namespace common::sqlite
