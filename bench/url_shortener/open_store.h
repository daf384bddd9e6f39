// The shortener's stores, open in this process beside the thread that measures: what comparisons at the store
// interface run on.
//
//   ScratchPostgres place(environment);                     // or a folder
//   OpenStore store(config_of(place.url()));
//   const Tally tally = store.run_clients(64, step, 100ms); // step(client) again and again, by each of 64 coroutines
//
// One thread runs all coroutines, as in a server of one thread. A step that throws fails the measurement.

#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bench/core/environment.h"
#include "common/runtime/background_runtime.h"
#include "url_shortener/config.h"
#include "url_shortener/stores.h"

namespace bench::url_shortener_bench {

// A schema of one's own on the PostgreSQL of --services, gone at the end.
class ScratchPostgres {
 public:
  explicit ScratchPostgres(Environment& environment);
  ~ScratchPostgres();
  ScratchPostgres(const ScratchPostgres&) = delete;
  ScratchPostgres& operator=(const ScratchPostgres&) = delete;

  const std::string& url() const { return url_; }  // whose sessions find this schema
  // The server, for Subject::processes(); empty when it runs elsewhere.
  const std::vector<pid_t>& processes() const { return processes_; }

 private:
  std::string server_;
  std::string name_;
  std::string url_;
  std::vector<pid_t> processes_;
};

url_shortener::Config memory_config();
url_shortener::Config sqlite_config(const std::filesystem::path& folder);
url_shortener::Config postgres_config(const std::string& url);

// Runs coroutines that repeat a step until the time is over.
using Step = std::function<common::Task<>(std::size_t client)>;
struct Tally {
  std::uint64_t steps = 0;
  std::chrono::nanoseconds elapsed{};

  double per_second() const { return static_cast<double>(steps) / std::chrono::duration<double>(elapsed).count(); }
};
Tally run_clients(common::BackgroundRuntime& background, std::size_t clients, const Step& step,
                  std::chrono::nanoseconds duration);

class OpenStore {
 public:
  explicit OpenStore(const url_shortener::Config& config)
      : stores_(url_shortener::open_stores(config, background_.runtime())) {}
  ~OpenStore() { background_.stop(); }

  url_shortener::Stores* operator->() { return &stores_; }
  common::BackgroundRuntime& background() { return background_; }
  Tally run_clients(std::size_t clients, const Step& step, std::chrono::nanoseconds duration) {
    return url_shortener_bench::run_clients(background_, clients, step, duration);
  }
  // Nothing of it runs any more.
  void stop() { background_.stop(); }

 private:
  common::BackgroundRuntime background_{1};
  url_shortener::Stores stores_;
};

// Something that several rows use, made for the first of them and gone with the last of their subjects.
template <class T>
class SharedByRows {
 public:
  std::shared_ptr<T> get(Environment& environment) const {
    auto shared = known_->lock();
    if (!shared) *known_ = shared = std::make_shared<T>(environment);
    return shared;
  }

 private:
  std::shared_ptr<std::weak_ptr<T>> known_ = std::make_shared<std::weak_ptr<T>>();
};

}  // namespace bench::url_shortener_bench
