// The threads, and how they end.
//
// One io_context and one thread each: whatever is started on a thread stays there, so what belongs to one
// connection needs no lock. What threads share is small, named, and says its lock.
//
//   Runtime runtime(threads);
//   …build what runs on it…
//   runtime.run(…)            // blocks the main thread, which is thread 0

#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/runtime/task.h"

namespace common {

class Runtime {
 public:
  explicit Runtime(std::size_t threads);
  ~Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  std::size_t threads() const noexcept { return contexts_.size(); }
  asio::io_context& context(std::size_t thread) { return *contexts_[thread]; }
  Executor executor(std::size_t thread = 0) { return contexts_[thread]->get_executor(); }

  // Runs all threads until `main` has returned, then stops and joins them. `main` runs on thread 0; an exception
  // that leaves it is rethrown here. Call once.
  void run(Task<void> main);

  // Something to be done before the threads stop, such as writing out a buffer. Run in reverse order of
  // registration by shut_down(), each within `limit`, and said in the log when it fails or is too slow. The others are
  // run all the same. False when a step is still running: then nothing that it uses may be taken apart.
  void on_shut_down(std::string name, std::function<Task<void>()> action);
  Task<bool> shut_down(std::chrono::nanoseconds limit);

 private:
  struct Action {
    std::string name;
    std::function<Task<void>()> run;
  };
  std::vector<std::unique_ptr<asio::io_context>> contexts_;
  std::vector<Action> actions_;
};

// The index of the calling thread within its Runtime; 0 outside of one. For per-thread cells and caches.
std::size_t current_thread_index() noexcept;

}  // namespace common
