// A read-only connection for each thread that asks: reads are made inline, without a lock or a hop.
//
// A point read by primary key, with its page in memory, is over before another thread would have begun it
// (docs/decisions/0009). Reads see everything that was committed before they began, in any process, and wait for
// nobody: in WAL mode a writer does not block readers.
//
// Thread-safe. local() is the calling thread's own connection, opened at its first call; it must not be passed
// to another thread, and a Rows of it must not be kept across a co_await. Connections of threads that ended stay
// until the pool goes: for servers, whose threads live as long.

#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "common/sqlite/database.h"

namespace common::sqlite {

class ReaderPool {
 public:
  // The file exists and has its schema.
  explicit ReaderPool(OpenOptions file);
  ReaderPool(const ReaderPool&) = delete;
  ReaderPool& operator=(const ReaderPool&) = delete;

  // Throws SQLite::Exception when the connection cannot be opened.
  Database& local();

 private:
  Database& open_local();

  const OpenOptions file_;
  const std::uint64_t id_;  // never used again, unlike an address: tells pools apart in the thread's memory
  std::mutex mutex_;        // guards connections_, not the connections
  std::unordered_map<std::thread::id, std::unique_ptr<Database>> connections_;
};

}  // namespace common::sqlite
