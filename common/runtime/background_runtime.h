// A Runtime whose threads run beside the caller's: for programs that are no servers and yet use what lives on one, such
// as tests and benchmarks of stores.
//
//   BackgroundRuntime background(4);
//   StorePostgres store(background.runtime(), …);
//   background.run(std::move(tasks), 4);    // on its threads; returns when all have ended
//   background.stop();                      // before the store goes
//
// Thread rule: made, used and ended by one thread, which is none of its own.

#pragma once

#include <chrono>
#include <thread>
#include <vector>

#include "common/runtime/runtime.h"

namespace common {

class BackgroundRuntime {
 public:
  static constexpr std::chrono::seconds task_limit{60};
  static constexpr std::chrono::seconds shut_down_limit{10};  // of each step

  explicit BackgroundRuntime(std::size_t threads);
  ~BackgroundRuntime() { stop(); }
  BackgroundRuntime(const BackgroundRuntime&) = delete;
  BackgroundRuntime& operator=(const BackgroundRuntime&) = delete;

  Runtime& runtime() noexcept { return runtime_; }

  // Runs all, the i-th on thread i modulo `threads`, until they have ended; then the first exception among them is
  // rethrown. Past task_limit the program is aborted: what still runs may refer to anything.
  void run(std::vector<Task<>> tasks, std::size_t threads);
  void run(Task<> task);

  // Takes the steps of shutting down (Runtime::on_shut_down), and ends the threads. What still waited on them is gone
  // with this.
  void stop();

 private:
  Task<> wait_for_end();

  Runtime runtime_;
  Timer end_;
  std::thread thread_;
};

}  // namespace common
