// The role that passes a labelled place is killed there, with kill -9, or the broker is at that moment; then it is
// started again. One place after the other on the same data: users, topics and ledger grow as they do in life.

#pragma once

#include "tests/notifier_crash/rig.h"
#include "tests/support/kafka_process.h"

namespace testing {

// All labelled places but worker.before_retry, which needs a provider that fails, and has a test of its own.
inline std::vector<std::string> places() {
  std::vector<std::string> all;
  for (const auto point : notifier::faults::points)
    if (point != "worker.before_retry") all.emplace_back(point);
  return all;
}

struct CrashEverywhere {
  std::vector<std::string> points;
  std::vector<std::string> flags = {};  // such as another queue
  KafkaProcess* broker = nullptr;       // dies instead of the process that passes the place
};

class CrashEverywhereRun {
 public:
  explicit CrashEverywhereRun(const CrashEverywhere& options)
      : options_(options), rig_(options.flags), categories_(rig_.data().path() / "categories.toml") {
    std::ofstream(categories_) << "[[category]]\nname = \"digest\"\nchannels = [\"push\"]\ndigest = \"1s\"\n";
    for (std::size_t i = 0; i < roles_.size(); ++i)
      start(i);
    ApiClient api(port_);
    import_users(api, audience);
  }

  void crash_at(const std::string& point) {
    INFO(point);
    const bool of_worker = point.starts_with("worker") || point.starts_with("sink");
    const std::size_t role = point.starts_with("accept") ? 0 : of_worker ? 2 : 1;
    Environment environment{{"NOTIFIER_CRASH_AT", point}};
    if (options_.broker) environment.emplace_back("NOTIFIER_CRASH_PID", std::to_string(options_.broker->pid()));
    CHECK(processes_[role]->terminate() == 0);
    start(role, environment);
    Asked asked;
    Background asking([&] { asked = ask(point); });
    if (options_.broker) {
      CHECK(options_.broker->dies(60s * slowness));
      options_.broker->start();
    } else {
      CHECK((!processes_[role] || processes_[role]->wait(60s * slowness)));
      start(role);
    }
    asking.join();
    ApiClient api(port_);
    CHECK(broadcast_ends(api, asked.broadcast, 90s * slowness));
    for (const auto& id : asked.singles)
      CHECK(eventually(60s * slowness, [&] { return state_of(api, id) == "delivered"; }));
    check_ledger(api, asked.broadcast, audience);
    expected_ += audience + asked.singles.size();
    std::cout << point << ": ";
    CHECK(rig_.audit(notifier::Channel::push, {rig_.witness()}) == notifier::AuditCounts{expected_, 0, 0, 0, 0});
  }

 private:
  static constexpr std::size_t audience = 300;
  struct Asked {
    std::string broadcast;
    std::vector<std::string> singles;
  };

  // With a crash in its environment it may be dead before it is ready.
  void start(std::size_t role, const Environment& environment = {}) {
    try {
      processes_[role] = rig_.start(roles_[role], environment, {"--categories", categories_});
      if (role == 0) port_ = processes_[role]->port();
    } catch (const std::exception&) {
      if (environment.empty()) throw;
      processes_[role] = nullptr;
    }
  }

  // A broadcast, a notification, and three that become a digest.
  Asked ask(const std::string& point) {
    const auto current = [this] { return port_.load(); };
    const auto asked = [&](const std::string& path, const std::string& body, const std::string& key) {
      return text_at(ask_until_answered(current, path, body, point + "." + key), "/id");
    };
    const auto single = [&](const std::string& id, const std::string& user) {
      rig_.accepted(R"({"notification":")" + id + R"(","user":")" + user + R"(","channels":["push"]})");
      return id;
    };
    Asked all{asked("/v1/broadcasts", push_broadcast, "b"), {}};
    rig_.accepted(numbered_audience(all.broadcast, audience));
    all.singles.push_back(single(asked("/v1/notifications", push_to(numbered_user(1)), "n"), numbered_user(1)));
    for (const std::string number : {"1", "2", "3"}) {
      const auto body = R"({"userId":"u00000002","category":"digest","title":"T)" + number + R"(","body":"B"})";
      all.singles.push_back(single(asked("/v1/notifications", body, "d" + number), numbered_user(2)));
    }
    return all;
  }

  const CrashEverywhere& options_;
  const std::vector<std::string> roles_{"api", "planner", "worker"};
  Rig rig_;
  const std::filesystem::path categories_;
  std::vector<std::unique_ptr<ServerProcess>> processes_{3};
  std::atomic<std::uint16_t> port_{0};
  std::size_t expected_ = 0;
};

inline void crash_everywhere(const CrashEverywhere& options) {
  CrashEverywhereRun run(options);
  for (const auto& point : options.points)
    run.crash_at(point);
}

}  // namespace testing
