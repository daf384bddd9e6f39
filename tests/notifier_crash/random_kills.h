// A broadcast through processes of every role, killed at random and started again: what every size of the test does.
//
// The sender of requests is the only one who is not killed. In the end each (notification, user, channel) has one
// row and one final state; a provider that dedupes shows each exactly once; for one that does not, repetitions stay
// within what the ledger calls doubtful.

#pragma once

#include <random>

#include "tests/notifier_crash/rig.h"

namespace testing {

struct RandomKills {
  std::size_t users = 1000;
  int kills = 10;
  unsigned seed = 1;
  bool dedupe = true;
  std::vector<std::string> flags = {};          // such as another queue
  std::function<void()> kill_broker = nullptr;  // kills it and starts it again; in its turn like the others
};

inline void random_kills(const RandomKills& options) {
  std::unique_ptr<ServerProcess> sink;
  std::vector<std::string> flags = options.flags;
  // A quota stretches the broadcast over the time of the kills.
  const auto a_second = std::max<std::size_t>(50, options.users * 2 / static_cast<std::size_t>(options.kills));
  flags.insert(flags.end(), {"--quota", "push=" + std::to_string(a_second) + "/1s"});
  if (!options.dedupe) {
    sink = std::make_unique<ServerProcess>(std::vector<std::string>{"--dedupe", "off", "--log", "taken.jsonl"},
                                           Environment{}, "notifier_sink");
    flags.insert(flags.end(), {"--push", sink->url() + "/v1/projects/p/messages:send"});
  }
  Rig rig(flags);
  const std::vector<std::string> roles{"api", "planner", "worker", "worker"};
  std::vector<std::unique_ptr<ServerProcess>> processes;
  for (const auto& role : roles)
    processes.push_back(rig.start(role));
  std::atomic<std::uint16_t> port = processes[0]->port();
  {
    ApiClient api(port);
    import_users(api, options.users);
  }
  std::string id;
  std::vector<std::pair<std::string, std::string>> singles;
  Background asking([&] {
    const auto current = [&] { return port.load(); };
    id = text_at(ask_until_answered(current, "/v1/broadcasts", push_broadcast, "b"), "/id");
    for (int i = 0; i < 20; ++i) {
      const auto user = numbered_user(static_cast<std::size_t>(i) + 1);
      singles.emplace_back(
          user,
          text_at(ask_until_answered(current, "/v1/notifications", push_to(user), "n" + std::to_string(i)), "/id"));
    }
  });
  std::mt19937 random(options.seed);
  std::uniform_int_distribution<int> pause_ms(100, 700);
  std::uniform_int_distribution<std::size_t> which(0, roles.size() - (options.kill_broker ? 0 : 1));
  for (int kill = 0; kill < options.kills; ++kill) {
    std::this_thread::sleep_for(std::chrono::milliseconds{pause_ms(random)} * slowness);  // the kill comes at random
    const std::size_t i = which(random);
    if (i == roles.size()) {
      options.kill_broker();
      continue;
    }
    processes[i]->kill();
    processes[i] = rig.start(roles[i]);
    if (i == 0) port = processes[0]->port();
  }
  asking.join();
  ApiClient api(port);
  const auto patience = std::chrono::seconds{60 + options.users / 500} * slowness;
  CHECK(broadcast_ends(api, id, patience));
  for (const auto& [user, single] : singles)
    CHECK(eventually(60s * slowness, [&] { return state_of(api, single) == "delivered"; }));
  check_ledger(api, id, options.users);
  rig.accepted(numbered_audience(id, options.users));
  for (const auto& [user, single] : singles)
    rig.accepted(R"({"notification":")" + single + R"(","user":")" + user + R"(","channels":["push"]})");
  const std::string witness = sink ? (sink->folder() / "taken.jsonl").string() : rig.witness();
  if (options.dedupe) CHECK(most_within(witness, 1s) <= a_second);  // what is taken over from the dead included
  const auto counts = rig.audit(notifier::Channel::push, {witness});
  CHECK(counts.none == 0);
  CHECK(counts.unexpected == 0);
  if (options.dedupe) {
    CHECK(counts.two_or_more == 0);
    return;
  }
  auto doubtful = std::stoull(text_at(api.get("/v1/broadcasts/" + id), "/repeatedInDoubt"));
  for (const auto& [user, single] : singles) {  // of single ones the history tells
    const auto shown = api.get("/v1/notifications/" + single);
    for (std::size_t at = shown.body.find("\"ambiguous\""); at != std::string::npos;
         at = shown.body.find("\"ambiguous\"", at + 1))
      ++doubtful;
  }
  std::cout << "doubtful: " << doubtful << ", too many: " << counts.surplus << "\n";
  CHECK(counts.surplus <= doubtful);
}

}  // namespace testing
