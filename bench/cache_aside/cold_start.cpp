// A cold start: everything cached is gone at once while readers keep the database at 80 % of its capacity, and readers
// do not wait to be asked again. Does the server come back by itself?
//
// Capacity is what --store-delay and --store-concurrency make it: 2 queries at a time of 20 ms each, 100 a second. 95
// users with a TTL of a second are read 400 times a second, so once warm about 80 loads a second are due. After the
// flush all 400 miss. Who loads each user once needs a second of loads, and is back. Who loads for every read spends
// half of the queries on users that somebody has loaded meanwhile, and those it has loaded expire while the others
// wait: it needs more than there is, for ever (a metastable failure: Huang et al., OSDI 2022).

#include <algorithm>
#include <cmath>
#include <future>
#include <stdexcept>

#include "bench/cache_aside/services.h"
#include "bench/cache_aside_bench.h"
#include "bench/core/child_process.h"
#include "bench/core/environment.h"
#include "bench/load/exchange.h"
#include "common/http/client.h"
#include "common/random.h"
#include "common/runtime/all.h"

namespace bench::cache_aside_bench {
namespace {

using common::Task;
using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr std::uint64_t users = 95;
constexpr double reads_per_second = 400;
constexpr auto patience = 200ms;           // of a reader
constexpr auto window = 250ms;             // over which it is judged whether the server is back
constexpr double back_when_served = 0.95;  // of the reads of a window, within `patience`

// The caches of all servers that use this Redis: what is lost is only cached.
const common::redis::Script forget_all(R"(
local keys = redis.call('KEYS', 'cache_aside:*')
for i = 1, #keys do redis.call('UNLINK', keys[i]) end
return #keys
)");

struct Window {
  double asked = 0;
  double served = 0;
};

double metric(const Endpoint& endpoint, const std::string& name) {
  const auto answer = load::exchange(endpoint, {.target = "/metrics"});
  const auto at = answer.body.find("\n" + name + " ");
  if (at == std::string::npos) throw std::runtime_error("no metric " + name);
  return std::stod(answer.body.substr(at + name.size() + 2));
}

class ColdStart final : public Subject {
 public:
  ColdStart(Environment& environment, const std::vector<std::string>& flags)
      : redis_(redis_of(environment)), redis_process_(redis_processes(redis_)), quick_(environment.quick()) {
    std::vector<std::string> arguments{"--listen",
                                       "127.0.0.1:0",
                                       "--threads",
                                       "1",
                                       "--store",
                                       "memory",
                                       "--cache",
                                       environment.service("redis"),
                                       "--store-delay",
                                       "20ms",
                                       "--drain-timeout",
                                       "100ms",
                                       "--max-inflight",
                                       "300",
                                       "--ttl",
                                       "1s",
                                       "--access-log",
                                       "off",
                                       "--store-concurrency",
                                       "2"};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    process_ = std::make_unique<ChildProcess>(ChildProcess::Options{.program = environment.program("cache_aside"),
                                                                    .arguments = std::move(arguments),
                                                                    .log = environment.scratch("cold_start") / "log"});
    endpoint_ = process_->await_listening();
    load::RequestOptions create{.method = "POST", .target = "/users"};
    create.headers.emplace_back("Content-Type", "application/json");
    create.body = R"({"name":"Ada Lovelace","email":"ada.lovelace@example.com"})";
    const auto create_every_other = [&](std::uint64_t first) {
      for (std::uint64_t user = first; user <= users; user += 2) {
        if (load::exchange(endpoint_, create).status != 201) throw std::runtime_error("no user was created");
      }
    };
    auto half = std::async(std::launch::async, create_every_other, 1);
    create_every_other(2);
    half.get();
  }

  Sample measure(const Round&) override {
    const auto steady = quick_ ? 250ms : 500ms;
    const auto watched = quick_ ? 500ms : 1250ms;
    common::Runtime runtime(1);
    common::http::Client::Options options;
    options.idle_max = 1000;
    common::http::Client client(runtime.executor(), options);
    common::redis::Client redis(runtime, client_options(redis_));
    std::vector<Window> before(static_cast<std::size_t>(steady / window));
    std::vector<Window> after(static_cast<std::size_t>(watched / window));
    double waiting = 0;
    const auto main = [&]() -> Task<> {
      co_await warm(client);
      co_await read_steadily(client, before);
      const auto flushed = co_await redis.run(forget_all, "cache_aside");
      if (flushed.has_error()) throw std::runtime_error("the cache was not flushed: " + flushed.error().message);
      co_await read_steadily(client, after);
      waiting = metric(endpoint_, "database_queries_waiting");
      co_await common::sleep_for(patience + 100ms);  // the last readers'
      co_await runtime.shut_down(5s);
    };
    runtime.run(main());
    if (!quick_ && !is_back(before.back())) throw std::runtime_error("it did not keep up even before the flush");
    Sample sample;
    sample.values["back_s"] = back_after(after) * std::chrono::duration<double>(window).count();
    sample.values["served"] = served_at_the_end(after);
    sample.values["waiting"] = waiting;
    return sample;
  }
  std::vector<pid_t> processes() const override { return together({process_->pid()}, redis_process_); }

 private:
  static bool is_back(const Window& each) { return each.served >= back_when_served * each.asked; }

  // The first window from which on all are served; their number when it is none.
  static double back_after(const std::vector<Window>& windows) {
    const auto last_bad = std::find_if_not(windows.rbegin(), windows.rend(), is_back);
    return static_cast<double>(windows.rend() - last_bad);
  }

  // Per cent, in the last third.
  static double served_at_the_end(const std::vector<Window>& windows) {
    Window sum;
    for (std::size_t i = windows.size() - std::max<std::size_t>(1, windows.size() / 3); i < windows.size(); ++i) {
      sum.asked += windows[i].asked;
      sum.served += windows[i].served;
    }
    return sum.asked > 0 ? 100 * sum.served / sum.asked : 0;
  }

  std::string url_of(std::uint64_t user) const {
    return "http://" + endpoint_.host + ":" + std::to_string(endpoint_.port) + "/users/" + std::to_string(user);
  }

  // Two at a time, as the database takes them.
  Task<> warm(common::http::Client& client) const {
    std::vector<Task<bool>> halves;
    for (std::uint64_t first : {1, 2})
      halves.push_back(warm_every_other(client, first));
    (void)co_await common::all(std::move(halves));
  }
  Task<bool> warm_every_other(common::http::Client& client, std::uint64_t first) const {
    for (std::uint64_t user = first; user <= (quick_ ? 10 : users); user += 2) {
      common::http::ClientRequest request{.url = url_of(user)};
      const auto answer = co_await client.send(std::move(request));
      if (answer.has_error() || answer->status != 200) throw std::runtime_error("a user cannot be read");
    }
    co_return true;
  }

  Task<> read_once(common::http::Client& client, std::uint64_t user, Window& counted) const {
    common::http::ClientRequest request{.url = url_of(user), .deadline = patience};
    const auto answer = co_await client.send(std::move(request));
    if (answer.has_value() && answer->status == 200) counted.served += 1;
  }

  // Arrivals by chance, whether or not those before were answered.
  Task<> read_steadily(common::http::Client& client, std::vector<Window>& windows) const {
    const auto executor = co_await common::asio::this_coro::executor;
    common::FastRandom random;
    const auto start = Clock::now();
    auto due = start;
    for (;;) {
      due += std::chrono::nanoseconds(static_cast<std::int64_t>(-std::log(1 - random.unit()) / reads_per_second * 1e9));
      const auto index = static_cast<std::size_t>((due - start) / window);
      if (index >= windows.size()) co_return;
      if (due > Clock::now()) co_await common::sleep_for(due - Clock::now());
      windows[index].asked += 1;
      common::spawn(executor, "read", read_once(client, 1 + random.below(users), windows[index]));
    }
  }

  const common::redis::Endpoint redis_;
  const std::vector<pid_t> redis_process_;
  const bool quick_;
  std::unique_ptr<ChildProcess> process_;
  Endpoint endpoint_;
};

Row row(std::string id, std::string note, std::vector<std::string> flags) {
  Row made{.id = std::move(id), .note = std::move(note)};
  made.needs = {"program:cache_aside", "service:redis"};
  made.fresh = true;
  made.prepare = [flags = std::move(flags)](Environment& environment) {
    return std::make_unique<ColdStart>(environment, flags);
  };
  return made;
}

}  // namespace

Comparison cold_start() {
  Comparison comparison;
  comparison.id = "cache_aside/cold_start";
  comparison.question = "The cache is flushed at 80 % of the database's capacity: does the server come back?";
  comparison.metrics = {
      {.id = "back_s", .heading = "back after s", .unit = "s until 95 % are served again; 1.25: not within them"},
      {.id = "served",
       .heading = "served %",
       .unit = "per cent of reads answered within 200 ms, in the last 0.25 s",
       .better = Better::higher,
       .decimals = 1},
      {.id = "waiting",
       .heading = "in line",
       .unit = "queries that wait for the database after 1.25 s",
       .decimals = 0}};
  comparison.rows = {
      row("none", "no protection: who misses loads", {"--stampede", "none"}),
      row("single_flight", "the default", {}),
  };
  comparison.aims = {{.group = "", .row = "single_flight", .against = "", .bound = 1}};
  comparison.method = {
      "open loop, 400 reads a second of 95 users, TTL 1 s; the database takes 20 ms a query, two at a time",
      "after 0.5 s at 80 % of its capacity all keys in Redis are deleted; then 1.25 s more; 300 requests in flight at "
      "most"};
  comparison.subject = "single_flight";
  comparison.round = {.warm_up = 0ms, .duration = 1750ms};
  comparison.budget = std::chrono::seconds(45);
  return comparison;
}

}  // namespace bench::cache_aside_bench
