// A circuit breaker: stops calling a dependency that is down, and finds out when it is back.
//
// Calls to a dead service cost its timeout each, and pile up. After `failures_max` failures in a
// row the breaker opens, and calls are refused at once, without trying. Who tries whether it is
// back is one background probe, not a user's request:
//
//             failures_max in a row            probe_every has passed
//   closed ───────────────────────────▶ open ─────────────────────────▶ half_open
//      ▲                                 ▲                                  │  │
//      │                                 └──────── the probe failed ────────┘  │
//      └──────────────────────── the probe succeeded ──────────────────────────┘
//
//   1. allow() is true in closed, and only there.
//   2. While half_open exactly one caller of probe_due() was told to probe and has yet to report.
//   3. Outcomes of calls that began before it opened change nothing until it is closed again.
//
// Time is an argument. Thread-safe: changes of state take the mutex; allow() and the success of a
// healthy call read one atomic and take none.

#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>

#include "common/clock.h"

namespace common {

class Breaker {
 public:
  struct Policy {
    std::uint32_t failures_max = 5;                         // in a row; at least 1
    Duration probe_every = std::chrono::milliseconds{500};  // from opening, and between probes
  };
  enum class State { closed, open, half_open };

  Breaker() : Breaker(Policy{}) {}
  explicit Breaker(Policy policy) : policy_(policy) {}

  State state() const noexcept { return state_.load(std::memory_order_acquire); }

  // Whether to make the call. If so, report how it went by succeeded() or failed().
  bool allow() const noexcept { return state() == State::closed; }

  void succeeded() {
    if (failures_.load(std::memory_order_relaxed) == 0) return;
    const std::lock_guard lock(mutex_);
    if (state() == State::closed) failures_.store(0, std::memory_order_relaxed);
  }

  void failed(Instant now) {
    const std::lock_guard lock(mutex_);
    if (state() != State::closed) return;
    const std::uint32_t failures = failures_.load(std::memory_order_relaxed) + 1;
    failures_.store(failures, std::memory_order_relaxed);
    if (failures >= policy_.failures_max) open(now);
  }

  // A failure that leaves no doubt: opens at once.
  void trip(Instant now) {
    const std::lock_guard lock(mutex_);
    if (state() == State::closed) open(now);
  }

  // For the background prober, asked now and then: true if it should probe now, and report by one
  // of the two below, whatever happens.
  bool probe_due(Instant now) {
    const std::lock_guard lock(mutex_);
    if (state() != State::open || now < probe_at_) return false;
    state_.store(State::half_open, std::memory_order_release);
    return true;
  }

  void probe_succeeded() {
    const std::lock_guard lock(mutex_);
    if (state() != State::half_open) return;
    failures_.store(0, std::memory_order_relaxed);
    state_.store(State::closed, std::memory_order_release);
  }

  void probe_failed(Instant now) {
    const std::lock_guard lock(mutex_);
    if (state() == State::half_open) open(now);
  }

 private:
  void open(Instant now) {
    probe_at_ = now + std::chrono::duration_cast<Instant::duration>(policy_.probe_every);
    state_.store(State::open, std::memory_order_release);
  }

  const Policy policy_;
  std::mutex mutex_;
  std::atomic<State> state_{State::closed};
  std::atomic<std::uint32_t> failures_{0};  // in a row; written under the mutex
  Instant probe_at_{};                      // under the mutex
};

}  // namespace common
