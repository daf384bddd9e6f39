// Four processes on one store and one Redis, clients that create links without a pause, and kill -9 of a process or of
// Redis at random: whichever generator makes the codes, every 201 leads where it should and no code is there twice.

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

// Clients that create links on `target` until told to stop; a connection that breaks is opened again.
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
        while (!stop_) {
          const std::string url = "https://example.com/" + name + "-" + std::to_string(number++);
          const auto answer = api.post("/shorten", R"({"longUrl":")" + url + R"("})");
          if (answer.status == 201) {
            outcome.created.push_back({text_at(answer, "/shortCode"), url});
          } else {
            ++outcome.others[answer.status];
          }
        }
      } catch (const std::runtime_error&) {
        ++outcome.broken;
        std::this_thread::sleep_for(5ms);  // nobody listens until it is up again
      }
    }
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
    CHECK(outcome.others == std::map<int, std::size_t>{});
    CHECK(outcome.created.size() > clients_each);
    created.insert(created.end(), outcome.created.begin(), outcome.created.end());
  }
  CHECK(distinct_codes(created) == created.size());
  CHECK(unresolved(servers[0]->port(), created) == 0);
  for (auto& server : servers)
    CHECK(server->terminate() == 0);
  if (full_size()) WARN(codes << ": " << created.size() << " links, " << kills << " kills");
}

}  // namespace

TEST_CASE("storm through kills: every 201 on SQLite resolves, and no code is there twice") {
  if (!RedisProcess::is_there()) return;
  const std::string codes =
      GENERATE("permuted_counter", "counter", "counter_block", "snowflake", "random", "hash", "key_pool");
  INFO(codes);
  const TempFolder data;
  storm({"--data", data.path()}, codes, 1);
}

TEST_CASE("storm through kills: every 201 on PostgreSQL resolves, and no code is there twice") {
  if (!RedisProcess::is_there()) return;
  const std::string codes =
      GENERATE("permuted_counter", "counter", "counter_block", "snowflake", "random", "hash", "key_pool");
  INFO(codes);
  const auto schema = new_schema();
  if (!schema) return;
  storm({"--store", schema->url()}, codes, 2);
}

TEST_CASE("storm through kills: every 201 on three shards resolves, and no code is there twice") {
  if (!RedisProcess::is_there()) return;
  std::vector<std::unique_ptr<Schema>> schemas;
  std::vector<std::string> store;
  for (int i = 0; i < 3; ++i) {
    auto schema = new_schema();
    if (!schema) return;
    store.insert(store.end(), {"--store", schema->url()});
    schemas.push_back(std::move(schema));
  }
  storm(store, "permuted_counter", 3);
}
