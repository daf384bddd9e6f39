// A Runtime whose threads run while a test goes on: for stores whose connections belong to threads.
//
//   RunningRuntime running(4);
//   StorePostgres store(running.runtime(), …);
//   run_task(store.…);                          // on one of its threads (run_task.h)
//
// One at a time.

#pragma once

#include <chrono>
#include <exception>
#include <thread>
#include <vector>

#include "common/runtime/runtime.h"

namespace testing {

inline constexpr std::chrono::seconds task_deadline{60};

class RunningRuntime {
 public:
  explicit RunningRuntime(std::size_t threads);
  ~RunningRuntime() { stop(); }
  RunningRuntime(const RunningRuntime&) = delete;
  RunningRuntime& operator=(const RunningRuntime&) = delete;

  // Its threads have ended; what still waited on them is gone with this.
  void stop();

  static RunningRuntime* current() noexcept;
  common::Runtime& runtime() noexcept { return runtime_; }

  // Runs all, the i-th on thread i modulo `threads`, until they have ended; then the first exception among them is
  // rethrown. Past task_deadline the program is aborted: what still runs may refer to anything.
  void run(std::vector<common::Task<>> tasks, std::size_t threads);

 private:
  common::Task<> wait_for_end();

  common::Runtime runtime_;
  common::Timer end_;
  std::thread thread_;
};

}  // namespace testing
