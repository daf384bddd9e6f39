// What the crash tests share: a notifier that is killed and started again, requests that are repeated until they are
// answered, the list of what was accepted, and the auditor's verdict.

#pragma once

#include <atomic>
#include <fstream>
#include <functional>
#include <iostream>
#include <memory>
#include <sstream>
#include <thread>

#include "notifier/auditor/audit.h"
#include "notifier/fault_points.h"
#include "tests/notifier_integration/notifier_client.h"
#include "tests/support/run_task.h"

namespace testing {

// Work beside the test's own thread, which starts all processes: they live as long as the thread that started them.
class Background {
 public:
  explicit Background(std::function<void()> work)
      : thread_([this, work = std::move(work)] {
          try {
            work();
          } catch (...) {
            failure_ = std::current_exception();
          }
        }) {}
  ~Background() {
    if (thread_.joinable()) thread_.join();
  }
  // Rethrows what it threw.
  void join() {
    thread_.join();
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  std::exception_ptr failure_;
  std::thread thread_;
};

class Rig {
 public:
  // `flags`: of every process, beside --data.
  explicit Rig(std::vector<std::string> flags = {}) : flags_(std::move(flags)) {}

  const TempFolder& data() const { return data_; }
  std::string witness() const { return data_.path() / "sink.jsonl"; }

  std::unique_ptr<ServerProcess> start(const std::string& role, const Environment& environment = {},
                                       std::vector<std::string> more = {}) const {
    std::vector<std::string> all{"--data",      data_.path(), "--role",          role,
                                 "--log-level", "error",      "--drain-timeout", "5s"};
    all.insert(all.end(), flags_.begin(), flags_.end());
    all.insert(all.end(), more.begin(), more.end());
    return std::make_unique<ServerProcess>(all, environment, "notifier_faulty");
  }

  // What was answered 202; the auditor's input.
  void accepted(const std::string& line) { accepted_ += line + "\n"; }

  // Reads the accepted requests and the witnesses' logs, and nothing else.
  notifier::AuditCounts audit(notifier::Channel channel, const std::vector<std::string>& witnesses) const {
    const auto file = data_.path() / "accepted.jsonl";
    std::ofstream(file) << accepted_;
    std::vector<std::string> command{program_path("notifier_auditor"), "--accepted", file};
    std::vector<std::string> copies;  // somebody may still be writing
    for (const auto& witness : witnesses) {
      copies.push_back(data_.path() / ("witness" + std::to_string(copies.size())));
      std::filesystem::copy_file(witness, copies.back(), std::filesystem::copy_options::overwrite_existing);
      command.insert(command.end(), {"--witness", copies.back()});
    }
    const auto program = run_program(command, {}, std::chrono::minutes{10});
    INFO(program.errors);
    CHECK((program.exit_code == 0 || program.exit_code == 3));
    std::cout << "auditor: " << program.output << std::flush;
    notifier::Audit audit;  // the same, as numbers
    std::istringstream lines(accepted_);
    for (std::string line; std::getline(lines, line);)
      audit.accepted(line);
    for (const auto& copy : copies) {
      std::ifstream log(copy);
      for (std::string line; std::getline(log, line);)
        if (!line.empty()) audit.witnessed(line);
    }
    CHECK(program.output == audit.report());
    return audit.counts(channel);
  }

 private:
  TempFolder data_;
  const std::vector<std::string> flags_;
  std::string accepted_;
};

// Asks until answered; the server may be dead for a while. `server` gives the port of whoever lives now.
template <class Port>
RawResponse ask_until_answered(Port port, const std::string& path, const std::string& body, const std::string& key) {
  for (int i = 0; i < 600; ++i) {
    try {
      ApiClient api(port());
      auto answer = api.post(path, body, "Idempotency-Key: \"" + key + "\"\r\n");
      if (answer.status == 202) return answer;
    } catch (const std::exception&) {  // killed, or not up yet
    }
    std::this_thread::sleep_for(100ms);  // until somebody has started it again
  }
  throw std::runtime_error("nobody answers " + path);
}

inline std::string numbered_audience(const std::string& id, std::size_t count,
                                     const std::string& channels = R"(["push"])") {
  return R"({"broadcast":")" + id + R"(","channels":)" + channels + R"(,"prefix":"u","first":1,"count":)" +
         std::to_string(count) + R"(,"digits":8})";
}

inline const std::string push_broadcast =
    R"({"audience":{"all":true},"category":"news","title":"T","body":"B","channels":["push"]})";

inline std::string push_to(const std::string& user) {
  return R"({"userId":")" + user + R"(","category":"general","title":"T","body":"B","channels":["push"]})";
}

// Every row of the broadcast ended, once; and the counts say so.
inline void check_ledger(ApiClient& api, const std::string& id, std::size_t count) {
  const auto shown = api.get("/v1/broadcasts/" + id);
  INFO(shown.body);
  CHECK(text_at(shown, "/status") == "done");
  CHECK(text_at(shown, "/planned") == std::to_string(count));
  const auto number = [&](const char* field) { return std::stoll(text_at(shown, std::string("/") + field)); };
  CHECK(number("delivered") + number("suppressed") + number("failed") + number("ambiguous") ==
        static_cast<long long>(count));
  CHECK(number("attempting") == 0);
  CHECK(number("retrying") == 0);
}

}  // namespace testing
