// A notifier as the benchmarks use it: processes by role on one folder, users that are numbered, broadcasts that are
// waited for. Throws std::runtime_error when something is not answered as it should be. One thread.

#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bench/core/child_process.h"
#include "bench/core/environment.h"

namespace bench::notifier_bench {

class RunningNotifier {
 public:
  // `flags`: of every process, beside --data and --role. Starts `roles`, the first of which is asked.
  RunningNotifier(Environment& environment, const std::vector<std::string>& roles, std::vector<std::string> flags);

  // Users u00000001 and so on, each with a push token.
  void import_users(std::size_t count);
  // To all of them by push. Answers its id.
  std::string broadcast();
  // Until it is done; throws after `patience`. False: it never will be, by what it counts.
  bool await(const std::string& id, std::chrono::seconds patience);
  // A number that GET /v1/broadcasts/{id} shows.
  std::int64_t count(const std::string& id, const std::string& field);

  // Another process of that role, its number. With `crash_at` it is notifier_faulty, which kills itself (SIGKILL) at
  // that place (notifier/fault_points.h): "worker.after_send:2" is the second time.
  std::size_t add(const std::string& role, const std::string& crash_at = {});
  // Until it has killed itself; throws if it does not.
  void await_crash(std::size_t i);
  // SIGTERM, and its end.
  void end(std::size_t i);

  std::vector<pid_t> processes() const;
  const std::filesystem::path& data() const noexcept { return data_; }

 private:
  std::string ask(std::string method, const std::string& path, std::string type, std::string body);

  Environment& environment_;
  const std::filesystem::path data_;
  const std::vector<std::string> flags_;
  std::vector<std::unique_ptr<ChildProcess>> processes_;  // null: ended
  std::string url_;
};

// "u00000042"
std::string numbered_user(std::size_t number);

}  // namespace bench::notifier_bench
