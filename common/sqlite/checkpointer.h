// Moves what is in the write-ahead log into the database file, beside the writer instead of inside its commits.
//
// Left alone, SQLite checkpoints within whichever COMMIT finds the log too long, and that caller pays for copying
// thousands of pages and two more fsyncs. Here the writer only reports the length, and a thread with its own
// connection copies. Two steps, since one is not enough under load:
//
//   passive    copies what it can while the writer goes on appending. If the writer pauses, the log starts over.
//   restart    a writer that never pauses always has appended more meanwhile, and the log would grow for ever.
//              So from four times the limit on the writer is held up for the short rest that passive left.
//
// A reader in the middle of a query delays this; after a twentieth of a second the log grows on instead. Other processes' checkpoints are welcome: whoever holds
// the lock does it for all. Failure is harmless to the data (the log keeps everything) and said in the log.

#pragma once

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

  // Tells this how long the log is after each commit of `writer`, in place of SQLite's own checkpoints.
  void watch(Database& writer) noexcept;

 private:
  static int committed(void* self, sqlite3*, const char*, int log_pages);
  void run();
  int checkpoint(int mode);  // answers the pages in the log, 0 if unknown

  const int pages_;
  int last_pages_ = 0;  // the writer thread's: the log after its last commit,
  int due_at_;          // and the length at which it asks for a checkpoint
  Database database_;   // the checkpointing thread's

  std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  bool due_ = false;
  bool stopping_ = false;

  std::thread thread_;  // last: it uses all of the above
};

}  // namespace common::sqlite
