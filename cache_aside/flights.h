// Loads under way in this process, by key: who wants what is being loaded already waits for it.
//
//   1. A load belongs to nobody who waits: it is a coroutine of its own, and goes on when its first caller has left.
//   2. Each waiter has its own deadline, after which it gets `timed_out`; the others wait on.
//   3. One load of a name is under way at a time. Who must not be given what was loaded before it came (because nothing
//      tells it whether the row has changed meanwhile) waits for the *next* one: join() says which.
//
// The lock is held for a look-up; no callback runs under it. Thread-safe: any thread of the runtime; a waiter resumes
// on its own.

#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "cache_aside/entry.h"
#include "common/clock.h"
#include "common/result.h"
#include "common/runtime/task.h"

namespace cache_aside {

class Flights {
 public:
  using Outcome = common::Result<Entry>;
  using Load = std::function<common::Task<Outcome>()>;
  enum class Join { current, next };

  struct Landed {
    Outcome outcome;
    bool coalesced;  // somebody else's load
  };

  // `load` is called once if this begins a flight, not at all otherwise.
  common::Task<Landed> fly(std::string name, Join join, common::Duration patience, Load load);

  // Begins a flight that nobody waits for, unless there is one. True if it began.
  bool begin(common::Executor executor, const std::string& name, Load load);

 private:
  struct Waiter {
    Waiter(common::Executor on, common::Duration patience) : executor(on), timer(on, patience) {}
    common::Executor executor;
    common::Timer timer;
    std::optional<Outcome> outcome;  // on its own thread
  };
  struct Flight {
    std::vector<std::shared_ptr<Waiter>> waiters;
    std::vector<std::shared_ptr<Waiter>> next_waiters;
    Load next;  // to be begun when this one has landed
    common::Executor next_executor;
    explicit Flight(common::Executor executor) : next_executor(executor) {}
  };

  common::Task<> run(std::string name, Load load);

  std::mutex mutex_;  // guards flights_ and what they hold
  std::unordered_map<std::string, Flight> flights_;
};

}  // namespace cache_aside
