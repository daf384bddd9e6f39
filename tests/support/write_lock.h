// Holds a SQLite file's write lock, as another process would in the middle of a transaction.

#pragma once

#include <sqlite3.h>

#include <string>

#include "tests/support/catch.h"

namespace testing {

class WriteLock {
 public:
  explicit WriteLock(const std::string& file) {
    REQUIRE(sqlite3_open(file.c_str(), &database_) == SQLITE_OK);
    sqlite3_busy_timeout(database_, 5000);
    REQUIRE(sqlite3_exec(database_, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_OK);
  }
  ~WriteLock() { sqlite3_close(database_); }  // rolls back
  WriteLock(const WriteLock&) = delete;
  WriteLock& operator=(const WriteLock&) = delete;

 private:
  sqlite3* database_ = nullptr;
};

}  // namespace testing
