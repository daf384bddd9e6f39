// What a statement answered: its rows, all of them in memory, read one after the other.
//
//   while (rows.next()) use(rows.text(0), rows.integer(1));
//
// Columns count from 0. What text() returns lives as long as the Rows. Values come in PostgreSQL's text form, which
// every type has: text() reads any of them. Asking for what is not there (a column too many, no row yet, a NULL or
// another type than the one asked for) is a mistake in the program and throws std::logic_error.
//
// Thread rule: one thread at a time; may move to another.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "common/clock.h"

struct pg_result;

namespace common::postgres {

struct ClearResult {
  void operator()(pg_result* result) const noexcept;
};
using ResultPtr = std::unique_ptr<pg_result, ClearResult>;

class Rows {
 public:
  explicit Rows(ResultPtr result);

  // Moves to the next row, at first to the first; false after the last.
  bool next() noexcept { return ++row_ < count_; }

  // How many rows there are.
  std::size_t size() const noexcept { return static_cast<std::size_t>(count_); }
  // How many rows an INSERT, UPDATE or DELETE touched (or a SELECT returned).
  std::int64_t affected() const;
  // What the server calls what it did: "INSERT 0 1", "COMMIT".
  std::string_view command() const noexcept;

  bool is_null(int column) const;
  std::string_view text(int column) const;
  std::int64_t integer(int column) const;
  bool boolean(int column) const;
  TimePoint time(int column) const { return TimePoint{std::chrono::microseconds{integer(column)}}; }
  // A bytea.
  std::string bytes(int column) const;

 private:
  void check_place(int column) const;

  ResultPtr result_;
  int count_;
  int row_ = -1;
};

}  // namespace common::postgres
