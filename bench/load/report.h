// What a load run saw. Every request that was due ends in exactly one of: answered (by status),
// failed, or unanswered.

#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

#include "bench/core/histogram.h"

namespace bench::load {

struct LoadReport {
  std::uint64_t answered = 0;  // whole, well-formed answers
  std::map<int, std::uint64_t> by_status;
  std::uint64_t mismatched = 0;  // answered, but not with the expected status
  std::uint64_t failed = 0;      // connection lost or refused, malformed answer
  std::uint64_t unanswered = 0;  // still due or under way when patience ended
  std::uint64_t reconnects = 0;  // connections made after the first ones
  std::uint64_t bytes_received = 0;
  std::map<std::string, std::uint64_t> problems;  // what went wrong, and how often

  // Nanoseconds from when the request was due (open loop) or sent (closed loop). Unanswered
  // requests of an open loop are in it with their age at the end: a lower bound, better than
  // leaving them out.
  Histogram latency;
  // Open loop: how long a due request waited until it was sent.
  Histogram wait;

  std::chrono::nanoseconds elapsed{};     // the longest of the threads
  std::chrono::nanoseconds client_cpu{};  // of the load threads

  void merge(const LoadReport& other);

  bool all_expected() const { return answered > 0 && mismatched + failed + unanswered == 0; }
  double per_second() const;

  // Some lines for people.
  std::string text() const;

  // What was wrong, in one line; empty when all_expected().
  std::string complaint() const;
};

}  // namespace bench::load
