// Redis freezes, dies, or is cut off, under load: how long a request waits, what is decided meanwhile, and that it
// ends.

#include <algorithm>
#include <array>
#include <atomic>
#include <iostream>
#include <optional>
#include <thread>

#include "tests/support/api_client.h"
#include "tests/support/catch.h"
#include "tests/support/eventually.h"
#include "tests/support/faulty_proxy.h"
#include "tests/support/files.h"
#include "tests/support/raw_client.h"
#include "tests/support/redis_process.h"
#include "tests/support/server_process.h"
#include "tests/support/size.h"
#include "tests/support/temp_folder.h"

using namespace testing;
using namespace std::chrono_literals;

namespace {

using Clock = std::chrono::steady_clock;

constexpr auto store_timeout = 100ms;
constexpr int limit = 1'000;  // in a year: while a test runs nothing drips in

std::string metric_text(ApiClient& api) {
  return api.get("/metrics").body;
}

double metric(ApiClient& api, const std::string& name) {
  const std::string text = metric_text(api);
  const auto at = text.find("\n" + name + " ");
  REQUIRE(at != std::string::npos);
  return std::stod(text.substr(at + name.size() + 2));
}

// Clients that ask about one key without a pause.
class Askers {
 public:
  static constexpr std::size_t clients = 8;

  explicit Askers(std::uint16_t port) {
    for (auto& refused_in_a_row : refused_in_a_row_)
      threads_.emplace_back([this, port, &refused_in_a_row] { ask(port, refused_in_a_row); });
  }
  ~Askers() {
    stop_ = true;
    for (auto& thread : threads_)
      thread.join();
  }

  struct Seen {
    std::uint64_t admitted = 0;
    std::uint64_t refused = 0;
    std::uint64_t failed = 0;
    std::chrono::milliseconds slowest{0};
  };
  // What came until every client has been refused five times in a row, so that no admission is still on its way;
  // nothing when that does not happen.
  std::optional<Seen> until_stable() {
    for (auto& each : refused_in_a_row_)
      each = 0;
    const bool stable = eventually(20s, [&] {
      return std::all_of(refused_in_a_row_.begin(), refused_in_a_row_.end(),
                         [](const auto& each) { return each >= 5; });
    });
    return stable ? std::optional(take()) : std::nullopt;
  }
  // Since the last time.
  Seen take() {
    return {admitted_.exchange(0), refused_.exchange(0), failed_.exchange(0),
            std::chrono::milliseconds{slowest_ms_.exchange(0)}};
  }

 private:
  void ask(std::uint16_t port, std::atomic<int>& refused_in_a_row) {
    ApiClient api(port);
    while (!stop_) {
      const auto start = Clock::now();
      const int status = api.post("/v1/check", R"({"rule":"r","key":"hot"})").status;
      const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start).count();
      (status == 200 ? admitted_ : status == 429 ? refused_ : failed_).fetch_add(1);
      refused_in_a_row = status == 429 ? refused_in_a_row + 1 : 0;
      for (auto slowest = slowest_ms_.load(); took > slowest && !slowest_ms_.compare_exchange_weak(slowest, took);) {
      }
    }
  }

  std::array<std::atomic<int>, clients> refused_in_a_row_{};  // of each
  std::vector<std::thread> threads_;
  std::atomic<bool> stop_ = false;
  std::atomic<std::uint64_t> admitted_ = 0;
  std::atomic<std::uint64_t> refused_ = 0;
  std::atomic<std::uint64_t> failed_ = 0;
  std::atomic<std::int64_t> slowest_ms_ = 0;
};

class Site {
 public:
  Site()
      : rules_(write_file(folder_.path() / "rules.toml",
                          "[[rule]]\nname = \"r\"\nlimit = " + std::to_string(limit) + "\nperiod = \"8784h\"\n")) {}
  std::unique_ptr<ServerProcess> start(const std::string& store, const std::string& policy) const {
    const std::vector<std::string> flags{"--rules",
                                         rules_,
                                         "--store",
                                         store,
                                         "--on-store-failure",
                                         policy,
                                         "--store-timeout",
                                         std::to_string(store_timeout.count()) + "ms"};
    return std::make_unique<ServerProcess>(flags, Environment{}, "rate_limiter");
  }

 private:
  TempFolder folder_;
  std::string rules_;
};

}  // namespace

namespace {

// Redis is away for a second, under load, after the shared budget has been used up.
void lose_redis(const Site& site, const std::string& scheme, const std::string& policy, bool killed) {
  INFO(scheme << " " << policy << (killed ? " killed" : " frozen"));
  RedisProcess redis;
  const auto server = site.start(scheme + redis.url(), policy);
  ApiClient api(server->port());
  const auto is_up = [&] { return metric(api, "rate_limiter_store_up") == 1; };
  Askers askers(server->port());
  REQUIRE(askers.until_stable());

  killed ? redis.kill() : redis.freeze();
  REQUIRE(eventually(10s, [&] { return !is_up(); }));
  const auto transient = askers.take();
  CHECK(transient.failed == 0);
  CHECK(transient.slowest <= store_timeout + 250ms * slowness);

  std::this_thread::sleep_for(store_timeout + 100ms * slowness);  // those under way end
  const double failures = metric(api, "rate_limiter_store_failures_total");
  std::this_thread::sleep_for(700ms);  // so long it is away
  const auto away = askers.take();
  CHECK(metric(api, "rate_limiter_store_failures_total") == failures);  // only the probe asks
  CHECK(away.failed == 0);
  CHECK(api.get("/readyz").status == (policy == "deny" ? 503 : 200));

  killed ? redis.start() : redis.thaw();
  REQUIRE(eventually(10s, is_up));
  const auto back = askers.take();  // some of it from before it was up
  const auto after = askers.until_stable();
  REQUIRE(after);
  CHECK(back.failed + after->failed == 0);
  const auto extra = transient.admitted + away.admitted;
  const auto later = back.admitted + after->admitted;
  std::cout << "Redis " << (killed ? "killed" : "frozen") << ", " << scheme << policy << ": slowest "
            << transient.slowest.count() << " ms at first, " << away.slowest.count() << " ms while away; " << extra
            << " admitted while it was away, " << away.refused << " refused, " << later << " admitted later\n";
  if (policy == "local") CHECK(extra <= limit);  // a budget of its own, once
  if (policy == "deny") CHECK(extra == 0);
  if (policy == "allow") CHECK(away.refused == 0);
  // Killed it comes back empty, and then the rule admits its limit once more.
  const int own_and_again = (policy == "local" ? limit : 0) + (killed ? limit : 0);
  if (policy != "allow") CHECK(extra + later <= static_cast<std::uint64_t>(own_and_again));
}

std::string tell(const RedisProcess& redis, const std::string& command, const std::string& answer) {
  RawClient client(static_cast<std::uint16_t>(std::stoi(redis.url().substr(redis.url().rfind(':') + 1))));
  client.send(command + "\r\n");
  return client.receive(answer.size());
}

}  // namespace

TEST_CASE(
    "Redis freezes and dies under load: nobody waits longer than the timeout, and each policy does what it says") {
  if (!RedisProcess::is_there()) return;
  const Site site;
  for (const std::string policy : {"local", "allow", "deny"}) {
    for (const bool killed : {false, true})
      lose_redis(site, "", policy, killed);
  }
}

TEST_CASE("so it is when tokens are borrowed") {
  if (!RedisProcess::is_there()) return;
  const Site site;
  for (const std::string policy : {"local", "allow", "deny"}) {
    for (const bool killed : {false, true})
      lose_redis(site, "borrow+", policy, killed);
  }
}

TEST_CASE("a Redis that answers but refuses to write is left alone like a dead one, until it writes again") {
  if (!RedisProcess::is_there()) return;
  const Site site;
  struct Trouble {
    std::string begin;
    std::string end;
  };
  for (const auto& trouble : {Trouble{"REPLICAOF 127.0.0.1 1", "REPLICAOF NO ONE"},
                              Trouble{"CONFIG SET min-replicas-to-write 1", "CONFIG SET min-replicas-to-write 0"},
                              Trouble{"BGSAVE", "CONFIG SET stop-writes-on-bgsave-error no"}}) {
    INFO(trouble.begin);
    auto folder = std::make_unique<TempFolder>();
    RedisProcess redis({"--dir", folder->path().string(), "--save", "3600 1"});
    const auto server = site.start(redis.url(), "deny");
    ApiClient api(server->port());
    const auto ask = [&] { return api.post("/v1/check", R"({"rule":"r","key":"a"})").status; };
    CHECK(ask() == 200);
    folder.reset();  // BGSAVE fails then: MISCONF
    tell(redis, trouble.begin, "+OK\r\n");
    REQUIRE(eventually(10s, [&] { return ask() == 429 && metric(api, "rate_limiter_store_up") == 0; }));
    CHECK(api.get("/readyz").status == 503);

    const double failures = metric(api, "rate_limiter_store_failures_total");
    bool open = true;
    for (const auto end = Clock::now() + 1500ms; Clock::now() < end;) {  // three probes, none of which may close it
      CHECK(ask() == 429);
      open = open && metric(api, "rate_limiter_store_up") == 0;
    }
    CHECK(open);
    CHECK(metric(api, "rate_limiter_store_failures_total") == failures);  // no request was a probe

    CHECK(tell(redis, trouble.end, "+OK\r\n") == "+OK\r\n");
    CHECK(eventually(10s, [&] { return metric(api, "rate_limiter_store_up") == 1; }));
    CHECK(ask() == 200);
    CHECK(api.get("/readyz").status == 200);
  }
}

TEST_CASE("a partition: local stays available and admits twice the limit, deny stays consistent and stops") {
  if (!RedisProcess::is_there()) return;
  const Site site;
  for (const std::string policy : {"local", "deny"}) {
    RedisProcess redis;
    const auto port = static_cast<std::uint16_t>(std::stoi(redis.url().substr(redis.url().rfind(':') + 1)));
    FaultyProxy proxy(port);
    const auto near = site.start(redis.url(), policy);
    const auto cut_off = site.start("redis://127.0.0.1:" + std::to_string(proxy.port()), policy);
    ApiClient one(near->port());
    ApiClient two(cut_off->port());
    proxy.refuse(true);
    proxy.cut();
    REQUIRE(eventually(10s, [&] {
      two.post("/v1/check", R"({"rule":"r","key":"other"})");
      return metric(two, "rate_limiter_store_up") == 0;
    }));
    int admitted_near = 0;
    int admitted_cut_off = 0;
    for (int i = 0; i < limit + 100; ++i) {
      admitted_near += one.post("/v1/check", R"({"rule":"r","key":"hot"})").status == 200 ? 1 : 0;
      admitted_cut_off += two.post("/v1/check", R"({"rule":"r","key":"hot"})").status == 200 ? 1 : 0;
    }
    std::cout << "partition, " << policy << ": limit " << limit << ", the process near Redis admitted " << admitted_near
              << ", the one cut off " << admitted_cut_off << "\n";
    CHECK(admitted_near == limit);
    CHECK(admitted_cut_off == (policy == "local" ? limit : 0));
    proxy.refuse(false);
    CHECK(eventually(10s, [&] { return metric(two, "rate_limiter_store_up") == 1; }));
    CHECK(two.post("/v1/check", R"({"rule":"r","key":"hot"})").status == 429);
  }
}

TEST_CASE("a server that starts without its Redis decides by policy, and finds it later") {
  if (!RedisProcess::is_there()) return;
  const Site site;
  RedisProcess redis;
  redis.kill();
  const auto server = site.start(redis.url(), "local");
  ApiClient api(server->port());
  for (int i = 0; i < 10; ++i)
    CHECK(api.post("/v1/check", R"({"rule":"r","key":"a"})").status == 200);
  redis.start();
  CHECK(eventually(10s, [&] { return metric(api, "rate_limiter_store_up") == 1; }));
  const auto answer = api.post("/v1/check", R"({"rule":"r","key":"a"})");
  CHECK(text_at(answer, "/remaining") == std::to_string(limit - 1));
  CHECK(server->terminate() == 0);
}
