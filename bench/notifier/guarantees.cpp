// Exactly once, at least once, at most once: one pipeline in three orders, killed alike, and what each lost and
// repeated.
//
// The provider is notifier_sink, which takes everything and does not tell repetitions; so it shows what a mail
// server would have sent. Two workers share a broadcast and die (SIGKILL) at the two places where the orders differ:
// one when its second batch is in the ledger, one when its second batch was sent. A third finishes. A kill at random
// seldom hits the few milliseconds between sending and writing down; whoever kills often enough does. The auditor's
// own code counts: what was accepted against what the provider wrote down.

#include <fstream>
#include <stdexcept>
#include <thread>

#include "bench/notifier/running_notifier.h"
#include "bench/notifier_bench.h"
#include "notifier/auditor/audit.h"

namespace bench::notifier_bench {
namespace {

using Clock = std::chrono::steady_clock;

struct Order {
  std::string guarantee;
  bool dedupe = false;               // the provider tells a repetition by its key
  std::vector<std::string> flags{};  // of the notifier, beside
};

class Killed final : public Subject {
 public:
  Killed(Environment& environment, const Order& order)
      : users_(environment.quick() ? 500 : 10'000),
        batch_(environment.quick() ? ":1" : ":2"),
        log_(environment.scratch("witness") / "taken.jsonl"),
        sink_({.program = environment.program("notifier_sink"),
               .arguments = {"--listen", "127.0.0.1:0", "--dedupe", order.dedupe ? "on" : "off", "--log", log_.string(),
                             "--log-level", "error"},
               .log = log_.parent_path() / "sink.log"}),
        notifier_(environment, {"api", "planner"}, flags(order)) {
    notifier_.import_users(users_);
  }

  Sample measure(const Round&) override {
    const double per_second = undisturbed();
    if (kills_.values.empty()) kills_ = killed();
    Sample sample = kills_;
    sample.values["per_second"] = per_second;
    return sample;
  }

  std::vector<pid_t> processes() const override {
    auto all = notifier_.processes();
    all.push_back(sink_.pid());
    return all;
  }

 private:
  std::vector<std::string> flags(const Order& order) {
    std::vector<std::string> all{"--guarantee", order.guarantee, "--push",
                                 "http://" + sink_.await_listening().authority() + "/v1/projects/p/messages:send"};
    all.insert(all.end(), order.flags.begin(), order.flags.end());
    return all;
  }

  void finish(const std::string& id) {
    if (!notifier_.await(id, std::chrono::seconds{120})) throw std::runtime_error("the broadcast did not end");
  }

  // Users a second of a broadcast by one worker that nobody kills.
  double undisturbed() {
    const auto worker = notifier_.add("worker");
    const auto begin = Clock::now();
    finish(notifier_.broadcast());
    const std::chrono::duration<double> took = Clock::now() - begin;
    notifier_.end(worker);
    return static_cast<double>(users_) / took.count();
  }

  // Of one whose workers are, in the first round: the dead are missed after five seconds.
  Sample killed() {
    const auto written = notifier_.add("worker", "worker.after_begin" + batch_);
    const auto sent = notifier_.add("worker", "worker.after_send" + batch_);
    std::this_thread::sleep_for(std::chrono::milliseconds{1500});  // until they have divided the partitions
    const auto id = notifier_.broadcast();
    notifier_.await_crash(written);
    notifier_.await_crash(sent);
    const auto last = notifier_.add("worker");
    finish(id);
    notifier_.end(last);
    const auto counts = audit(id);
    Sample sample;
    sample.values["twice"] = static_cast<double>(counts.surplus);
    sample.values["never"] = static_cast<double>(counts.none);
    sample.values["in_doubt"] =
        static_cast<double>(notifier_.count(id, "repeatedInDoubt") + notifier_.count(id, "ambiguous"));
    return sample;
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
  const std::string batch_;
  const std::filesystem::path log_;
  ChildProcess sink_;
  RunningNotifier notifier_;
  Sample kills_;
};

Row row(std::string id, Order order, std::string note) {
  return {.id = std::move(id),
          .note = std::move(note),
          .needs = {"program:notifier", "program:notifier_faulty", "program:notifier_sink"},
          .prepare = [order = std::move(order)](Environment& environment) {
            return std::make_unique<Killed>(environment, order);
          }};
}

}  // namespace

Comparison guarantees() {
  Comparison comparison;
  comparison.id = "notifier/guarantees";
  comparison.question = "What do two kills of a worker lose and repeat, and who says so?";
  comparison.metrics = {
      {.id = "per_second",
       .heading = "users/s",
       .unit = "users a second, of a broadcast without kills",
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
      row("at_least_once", {.guarantee = "at_least_once"}, "send, then write down"),
      row("at_most_once", {.guarantee = "at_most_once"}, "write down, then send"),
      row("exactly_once", {.guarantee = "exactly_once"}, "attempting, send, outcome; what is in doubt is repeated"),
      row("exactly_once_drop", {.guarantee = "exactly_once", .flags = {"--ambiguous-push", "drop"}},
          "what is in doubt is given up"),
      row("exactly_once_key", {.guarantee = "exactly_once", .dedupe = true},
          "what is in doubt is repeated, and the provider can tell")};
  comparison.method = {
      "a broadcast a round through notifier_sink, undisturbed, for users/s; and once one by two workers that are "
      "killed, "
      "one behind writing its second batch down, one behind sending its second, and a third that finishes",
      "too many and lost: the auditor's count; said so: repeatedInDoubt + ambiguous of the broadcast",
      "the provider does not tell repetitions, but for exactly_once_key"};
  comparison.subject = "exactly_once";
  comparison.round = {.warm_up = std::chrono::milliseconds(0), .duration = std::chrono::milliseconds(5000)};
  comparison.budget = std::chrono::seconds(90);
  return comparison;
}

}  // namespace bench::notifier_bench
