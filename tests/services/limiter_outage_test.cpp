// Redis freezes, dies, or is cut off, under load: how long a request waits, what is decided meanwhile, and that it
// ends.

#include <atomic>
#include <iostream>
#include <thread>

#include "tests/support/api_client.h"
#include "tests/support/catch.h"
#include "tests/support/eventually.h"
#include "tests/support/faulty_proxy.h"
#include "tests/support/files.h"
#include "tests/support/redis_process.h"
#include "tests/support/server_process.h"
#include "tests/support/size.h"
#include "tests/support/temp_folder.h"

using namespace testing;
using namespace std::chrono_literals;

namespace {

using Clock = std::chrono::steady_clock;

constexpr auto store_timeout = 100ms;
constexpr int limit = 1'000;  // in 24 h: while a test runs next to nothing drips in

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
  Askers(std::uint16_t port, int clients) {
    for (int i = 0; i < clients; ++i)
      threads_.emplace_back([this, port] { ask(port); });
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
  // Since the last time.
  Seen take() {
    return {admitted_.exchange(0), refused_.exchange(0), failed_.exchange(0),
            std::chrono::milliseconds{slowest_ms_.exchange(0)}};
  }

 private:
  void ask(std::uint16_t port) {
    ApiClient api(port);
    while (!stop_) {
      const auto start = Clock::now();
      const int status = api.post("/v1/check", R"({"rule":"r","key":"hot"})").status;
      const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start).count();
      (status == 200 ? admitted_ : status == 429 ? refused_ : failed_).fetch_add(1);
      for (auto slowest = slowest_ms_.load(); took > slowest && !slowest_ms_.compare_exchange_weak(slowest, took);) {
      }
    }
  }

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
                          "[[rule]]\nname = \"r\"\nlimit = " + std::to_string(limit) + "\nperiod = \"24h\"\n")) {}
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

TEST_CASE(
    "Redis freezes and dies under load: nobody waits longer than the timeout, and each policy does what it says") {
  if (!RedisProcess::is_there()) return;
  const Site site;
  for (const std::string policy : {"local", "allow", "deny"}) {
    for (const bool killed : {false, true}) {
      INFO(policy << (killed ? " killed" : " frozen"));
      RedisProcess redis;
      const auto server = site.start(redis.url(), policy);
      ApiClient api(server->port());
      const auto is_up = [&] { return metric(api, "rate_limiter_store_up") == 1; };
      Askers askers(server->port(), 8);
      REQUIRE(eventually(20s, [&] { return askers.take().refused > 100; }));  // the shared budget is used up

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
      const auto recovered = askers.take();
      CHECK(recovered.failed == 0);
      REQUIRE(eventually(20s, [&] { return askers.take().refused > 100; }));
      const auto extra = transient.admitted + away.admitted;
      std::cout << "Redis " << (killed ? "killed" : "frozen") << ", " << policy << ": slowest "
                << transient.slowest.count() << " ms at first, " << away.slowest.count() << " ms while away; " << extra
                << " admitted while it was away, " << away.refused << " refused\n";
      if (policy == "local") CHECK(extra <= limit);  // a budget of its own, once
      if (policy == "deny") CHECK(extra == 0);
      if (policy == "allow") CHECK(away.refused == 0);
    }
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
