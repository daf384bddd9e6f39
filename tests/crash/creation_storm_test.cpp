// Four processes on one store and one Redis, clients that create links without a pause, and kill -9 of a process or of
// Redis at random: whichever generator makes the codes, every 201 leads where it should, no code is there twice, and a
// creation that is repeated with its key makes one link. A store in memory has one process, which is not killed.

#include <array>
#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <unordered_set>
#include <vector>

#include "tests/support/api_client.h"
#include "tests/support/catch.h"
#include "tests/support/postgres_support.h"
#include "tests/support/redis_process.h"
#include "tests/support/server_process.h"
#include "tests/support/size.h"
#include "tests/support/storm.h"
#include "tests/support/temp_folder.h"

using namespace testing;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t processes = 4;

// A process that comes back after each kill, on a port that it is asked for.
class Phoenix {
 public:
  explicit Phoenix(std::vector<std::string> flags) : flags_(std::move(flags)) { start(); }

  std::uint16_t port() const { return port_; }
  void kill_and_start() {
    process_->kill();
    start();
  }
  int terminate() { return process_->terminate(); }

 private:
  void start() {
    process_ = std::make_unique<ServerProcess>(flags_);
    port_ = process_->port();
  }

  std::vector<std::string> flags_;
  std::unique_ptr<ServerProcess> process_;
  std::atomic<std::uint16_t> port_ = 0;
};

// Clients that create links on `target` until told to stop; a connection that breaks is opened again. Every third
// creation has an Idempotency-Key: it is repeated when it got no answer, and once when it got one, which must be the
// same.
class Creators {
 public:
  Creators(const Phoenix& target, std::size_t clients, const std::string& name) : outcomes_(clients) {
    for (std::size_t i = 0; i < clients; ++i)
      threads_.emplace_back([this, &target, i, name] { create(target, name + "-" + std::to_string(i), outcomes_[i]); });
  }
  ~Creators() { stop(); }
  Storm stop() {
    stop_ = true;
    for (auto& thread : threads_)
      thread.join();
    threads_.clear();
    Storm all;
    for (auto& outcome : outcomes_) {
      std::move(outcome.created.begin(), outcome.created.end(), std::back_inserter(all.created));
      for (const auto& [status, times] : outcome.others)
        all.others[status] += times;
      all.broken += outcome.broken;
    }
    return all;
  }

 private:
  void create(const Phoenix& target, const std::string& name, Storm& outcome) {
    int number = 0;
    while (!stop_) {
      try {
        ApiClient api(target.port());
        for (; !stop_; ++number)
          create_one(api, name + "-" + std::to_string(number), number % 3 == 0, outcome);
      } catch (const std::runtime_error&) {
        ++outcome.broken;
        if (number % 3 != 0) ++number;     // without a key nobody knows whether it was created
        std::this_thread::sleep_for(5ms);  // nobody listens until it is up again
      }
    }
  }

  static void create_one(ApiClient& api, const std::string& name, bool has_key, Storm& outcome) {
    const std::string url = "https://example.com/" + name;
    const std::string headers = has_key ? "Idempotency-Key: \"" + name + "\"\r\n" : "";
    const auto ask = [&] { return api.post("/shorten", R"({"longUrl":")" + url + R"("})", headers); };
    const auto answer = ask();
    if (answer.status != 201) {
      ++outcome.others[answer.status];
      return;
    }
    if (has_key) {
      const auto again = ask();
      if (again.status != 201 || again.body != answer.body) ++outcome.others[again.status];
    }
    outcome.created.push_back({text_at(answer, "/shortCode"), url});
  }

  std::atomic<bool> stop_ = false;
  std::vector<Storm> outcomes_;
  std::vector<std::thread> threads_;
};

// How many of `created` do not lead where they should.
std::size_t unresolved(std::uint16_t port, const std::vector<Creation>& created) {
  ApiClient api(port);
  std::size_t wrong = 0;
  for (const auto& link : created) {
    const auto answer = api.get("/" + link.code);
    wrong += answer.status != 302 || answer.header("Location") != link.url;
  }
  return wrong;
}

// URLs that more than one link has: of those that one request was to create, however often it was repeated.
std::size_t created_twice(std::uint16_t port) {
  ApiClient api(port);
  std::unordered_set<std::string> urls;
  std::size_t twice = 0;
  for (std::string cursor;;) {
    const auto page = api.get("/v1/links?limit=100" + (cursor.empty() ? "" : "&cursor=" + cursor));
    const auto body = json_of(page);
    for (const auto& link : body.at("data").as_array())
      twice += !urls.insert(text_at(link, "/longUrl")).second;
    if (body.at("meta").at("nextCursor").is_null()) return twice;
    cursor = text_at(body, "/meta/nextCursor");
  }
}

void storm(const std::vector<std::string>& store, const std::string& codes, unsigned seed) {
  const std::size_t clients_each = full_size() ? 100 : 10;
  const int kills = full_size() ? 12 : 3;
  RedisProcess redis;
  std::vector<std::string> flags = store;
  flags.insert(flags.end(), {"--codes", codes, "--cache", "local+" + redis.url()});
  std::vector<std::unique_ptr<Phoenix>> servers;
  std::vector<std::unique_ptr<Creators>> creators;
  for (std::size_t i = 0; i < processes; ++i)
    servers.push_back(std::make_unique<Phoenix>(flags));
  for (std::size_t i = 0; i < processes; ++i)
    creators.push_back(std::make_unique<Creators>(*servers[i], clients_each, "storm-" + std::to_string(i)));

  std::mt19937 random(seed);
  std::uniform_int_distribution<int> pause_ms(50, full_size() ? 1500 : 300);
  std::uniform_int_distribution<std::size_t> victim(0, processes);
  bool redis_was_killed = false;
  for (int kill = 0; kill < kills; ++kill) {
    std::this_thread::sleep_for(std::chrono::milliseconds{pause_ms(random)} * slowness);  // the kill comes at random
    const std::size_t who = kill == kills - 1 && !redis_was_killed ? processes : victim(random);
    if (who < processes) {
      servers[who]->kill_and_start();
      continue;
    }
    redis_was_killed = true;
    redis.kill();
    std::this_thread::sleep_for(std::chrono::milliseconds{pause_ms(random)});  // so long it is away
    redis.start();
  }
  std::vector<Creation> created;
  for (std::size_t i = 0; i < processes; ++i) {
    const auto outcome = creators[i]->stop();
    INFO("process " << i);
    std::string others;
    for (const auto& [status, times] : outcome.others)
      others += std::to_string(status) + " x " + std::to_string(times) + "; ";
    CHECK(others == "");
    CHECK(outcome.created.size() > clients_each);
    created.insert(created.end(), outcome.created.begin(), outcome.created.end());
  }
  CHECK(distinct_codes(created) == created.size());
  CHECK(unresolved(servers[0]->port(), created) == 0);
  CHECK(created_twice(servers[0]->port()) == 0);
  for (auto& server : servers)
    CHECK(server->terminate() == 0);
  if (full_size()) WARN(codes << ": " << created.size() << " links, " << kills << " kills");
}

#define EVERY_GENERATOR() \
  GENERATE("permuted_counter", "counter", "counter_block", "snowflake", "random", "hash", "key_pool")

}  // namespace

TEST_CASE("storm through kills: every 201 on SQLite resolves, and no code is there twice") {
  if (!RedisProcess::is_there()) return;
  const std::string codes = EVERY_GENERATOR();
  INFO(codes);
  const TempFolder data;
  storm({"--data", data.path()}, codes, 1);
}

TEST_CASE("storm through kills: every 201 on PostgreSQL resolves, and no code is there twice") {
  if (!RedisProcess::is_there()) return;
  const std::string codes = EVERY_GENERATOR();
  INFO(codes);
  const auto schema = new_schema();
  if (!schema) return;
  storm({"--store", schema->url()}, codes, 2);
}

TEST_CASE("storm through kills: every 201 on three shards resolves, and no code is there twice") {
  if (!RedisProcess::is_there()) return;
  const std::string codes = EVERY_GENERATOR();
  INFO(codes);
  std::vector<std::unique_ptr<Schema>> schemas;
  std::vector<std::string> store;
  for (int i = 0; i < 3; ++i) {
    auto schema = new_schema();
    if (!schema) return;
    store.insert(store.end(), {"--store", schema->url()});
    schemas.push_back(std::move(schema));
  }
  storm(store, codes, 3);
}

// Gone with its process, so there is one, and nobody kills it.
TEST_CASE("storm in memory: every 201 resolves, and no code is there twice") {
  const std::string codes = EVERY_GENERATOR();
  INFO(codes);
  Phoenix server({"--store", "memory", "--codes", codes});
  Creators creators(server, full_size() ? 100 : 40, "storm");
  std::this_thread::sleep_for(full_size() ? 5s : 300ms);  // so long it rages
  const auto outcome = creators.stop();
  CHECK(outcome.others == std::map<int, std::size_t>{});
  CHECK(outcome.broken == 0);
  CHECK(outcome.created.size() > 100);
  CHECK(distinct_codes(outcome.created) == outcome.created.size());
  CHECK(unresolved(server.port(), outcome.created) == 0);
  CHECK(created_twice(server.port()) == 0);
  CHECK(server.terminate() == 0);
}
