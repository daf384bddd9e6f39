// What can go wrong, in three kinds, and how each is said.
//
//   answer             "limit reached", "not found"         an ordinary value: std::optional, an enum, a struct
//   expected failure   the database timed out, a peer left   Result<T>, tested on the line after the call
//   mistake            bad configuration, a port taken, a bug  an exception; it reaches main, or is logged once
//                                                            where the coroutine was spawned
//
// A Result holds either a T or an Error. There is no third state, and reading the wrong half throws.

#pragma once

#include <boost/system/result.hpp>
#include <boost/throw_exception.hpp>
#include <stdexcept>
#include <string>
#include <utility>

namespace common {

// Why an operation failed, as far as a caller can act on it.
enum class Failure {
  unavailable,      // the dependency is away: nothing was done, trying later may work
  timed_out,        // the deadline passed: nothing was done
  unknown_outcome,  // sent, but no answer came: it may have been done. Never repeat blindly
  overloaded,       // a bounded queue is full: nothing was done, slow down
  closed,           // the other side went away, or we are shutting down
  invalid,          // the input was refused
  internal,         // a bug or a broken file; details belong in the log, not in an answer
};

// Whether the failure promises that nothing was done: then the operation may be repeated without doing it twice.
constexpr bool is_retryable(Failure failure) noexcept {
  return failure == Failure::unavailable || failure == Failure::timed_out || failure == Failure::overloaded;
}

struct Error {
  Failure kind = Failure::internal;
  std::string message;  // for logs: may name hosts and files, so it never goes to a client
};

template <class T = void>
using Result = boost::system::result<T, Error>;

// What Result::value() throws when there is none; found by argument-dependent lookup.
[[noreturn]] inline void throw_exception_from_error(const Error& error, const boost::source_location& where) {
  boost::throw_exception(std::runtime_error(error.message), where);
}

const char* to_string(Failure failure) noexcept;

}  // namespace common
