// A Runtime whose threads run while a test goes on, for stores whose connections belong to threads; and run_task()
// finds it (run_task.h).
//
//   RunningRuntime running(4);
//   StorePostgres store(running.runtime(), …);
//   run_task(store.…);                          // on one of its threads
//
// One at a time.

#pragma once

#include <chrono>
#include <vector>

#include "common/runtime/background_runtime.h"

namespace testing {

inline constexpr std::chrono::seconds task_deadline = common::BackgroundRuntime::task_limit;

class RunningRuntime {
 public:
  explicit RunningRuntime(std::size_t threads);
  ~RunningRuntime() { stop(); }
  RunningRuntime(const RunningRuntime&) = delete;
  RunningRuntime& operator=(const RunningRuntime&) = delete;

  // Its threads have ended; what still waited on them is gone with this.
  void stop();

  static RunningRuntime* current() noexcept;
  common::Runtime& runtime() noexcept { return background_.runtime(); }

  // As BackgroundRuntime::run().
  void run(std::vector<common::Task<>> tasks, std::size_t threads) { background_.run(std::move(tasks), threads); }

 private:
  common::BackgroundRuntime background_;
};

}  // namespace testing
