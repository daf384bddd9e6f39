// Exactly once, at least once, at most once: one pipeline in three orders, killed alike, and what each lost and
// repeated.
//
// The provider is notifier_sink, which takes everything and does not tell repetitions; so it shows what a mail
// server would have sent. The worker is killed (SIGKILL) at fixed shares of the broadcast and started again. The
// auditor's own code counts: what was accepted against what the provider wrote down.

#include <fstream>
#include <stdexcept>
#include <thread>

#include "bench/notifier/running_notifier.h"
#include "bench/notifier_bench.h"
#include "notifier/auditor/audit.h"

namespace bench::notifier_bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kills = 3;

class Killed final : public Subject {
 public:
  Killed(Environment& environment, const std::string& guarantee)
      : users_(environment.quick() ? 500 : 10'000),
        log_(environment.scratch("witness") / "taken.jsonl"),
        sink_({.program = environment.program("notifier_sink"),
               .arguments = {"--listen", "127.0.0.1:0", "--dedupe", "off", "--log", log_.string(), "--log-level",
                             "error"},
               .log = log_.parent_path() / "sink.log"}),
        notifier_(environment, {"api", "planner", "worker"},
                  {"--guarantee", guarantee, "--push",
                   "http://" + sink_.await_listening().authority() + "/v1/projects/p/messages:send"}) {
    notifier_.import_users(users_);
  }

  Sample measure(const Round&) override {
    const auto begin = Clock::now();
    const auto id = notifier_.broadcast();
    for (int kill = 1; kill <= kills; ++kill) {
      wait_for(id, users_ * static_cast<std::size_t>(kill) / (kills + 1));
      notifier_.replace(2);
    }
    if (!notifier_.await(id, std::chrono::seconds{120})) throw std::runtime_error("the broadcast did not end");
    const auto took = std::chrono::duration<double>(Clock::now() - begin).count();
    const auto counts = audit(id);
    const double in_doubt =
        static_cast<double>(notifier_.count(id, "repeatedInDoubt") + notifier_.count(id, "ambiguous"));
    Sample sample;
    sample.values["per_second"] = static_cast<double>(users_) / took;
    sample.values["twice"] = static_cast<double>(counts.surplus);
    sample.values["never"] = static_cast<double>(counts.none);
    sample.values["in_doubt"] = in_doubt;
    return sample;
  }

  std::vector<pid_t> processes() const override {
    auto all = notifier_.processes();
    all.push_back(sink_.pid());
    return all;
  }

 private:
  // Until so many are settled, by what the ledger says.
  void wait_for(const std::string& id, std::size_t settled) {
    const auto end = Clock::now() + std::chrono::seconds{60};
    while (notifier_.count(id, "delivered") < static_cast<std::int64_t>(settled)) {
      if (Clock::now() > end) throw std::runtime_error("the broadcast does not go on");
      std::this_thread::sleep_for(std::chrono::milliseconds{5});
    }
  }

  notifier::AuditCounts audit(const std::string& id) const {
    notifier::Audit audit;
    audit.accepted(R"({"broadcast":")" + id + R"(","channels":["push"],"prefix":"u","first":1,"count":)" +
                   std::to_string(users_) + R"(,"digits":8})");
    std::ifstream log(log_);
    for (std::string line; std::getline(log, line);) {
      if (line.find("\"notification\":\"" + id) != std::string::npos) audit.witnessed(line);
    }
    return audit.counts(notifier::Channel::push);
  }

  const std::size_t users_;
  const std::filesystem::path log_;
  ChildProcess sink_;
  RunningNotifier notifier_;
};

Row row(const std::string& id, std::string note) {
  return {.id = id,
          .note = std::move(note),
          .needs = {"program:notifier", "program:notifier_sink"},
          .prepare = [id](Environment& environment) { return std::make_unique<Killed>(environment, id); }};
}

}  // namespace

Comparison guarantees() {
  Comparison comparison;
  comparison.id = "notifier/guarantees";
  comparison.question = "What do three kills of the worker lose and repeat, at a provider that cannot tell?";
  comparison.metrics = {
      {.id = "per_second",
       .heading = "users/s",
       .unit = "users a second, kills included",
       .better = Better::higher,
       .decimals = 0},
      {.id = "twice", .heading = "too many", .unit = "messages taken beyond the first of each user", .decimals = 0},
      {.id = "never", .heading = "lost", .unit = "users who were never told", .decimals = 0},
      {.id = "in_doubt",
       .heading = "said so",
       .unit = "rows that the ledger calls doubtful",
       .better = Better::higher,
       .decimals = 0},
  };
  comparison.rows = {
      row("exactly_once", "ledger before and after: doubtful ones are known, and repeated under their key"),
      row("at_least_once", "send, then write down"), row("at_most_once", "write down, then send")};
  comparison.method = {
      "one broadcast a round through notifier_sink --dedupe off; the worker is killed three times, at 1/4, 1/2 and 3/4",
      "too many and lost: the auditor's count; said so: repeatedInDoubt + ambiguous of the broadcast"};
  comparison.subject = "exactly_once";
  comparison.round = {.warm_up = std::chrono::milliseconds(0), .duration = std::chrono::milliseconds(5000)};
  comparison.budget = std::chrono::seconds(60);
  return comparison;
}

}  // namespace bench::notifier_bench
