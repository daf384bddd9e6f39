// How many links a second each generator makes, on each store, as clients grow: what it costs to ask the store for a
// number, a block, a lease, a batch of keys, or nothing, together with the insert that follows.
//
// A client is a coroutine that asks the generator for a code and inserts a link, again if the code was taken, as the
// server does (url_shortener/api.cpp). SQLite and PostgreSQL keep what was made for the whole comparison, in tables
// that all rows share and fill. A memory store would grow a hundred times as fast: it begins anew each time.

#include <unistd.h>

#include <boost/asio/post.hpp>
#include <map>
#include <stdexcept>

#include "bench/core/cpu_time.h"
#include "bench/url_shortener/open_store.h"
#include "bench/url_shortener_bench.h"
#include "common/random.h"
#include "url_shortener/code_generator_key_pool.h"

namespace bench::url_shortener_bench {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t client_counts[] = {1, 8, 64};

// A store, and a generator of each kind on it, which lives as long, as in a server.
class Installation {
 public:
  explicit Installation(const url_shortener::Config& config) : store_(config) {}
  ~Installation() { store_.stop(); }  // nobody is at work on a generator any more

  url_shortener::CodeGenerator& generator(const std::string& name) {
    auto& generator = generators_[name];
    if (!generator) generator = url_shortener::make_code_generator(name, 0, store_->code_sources(random_, clock_));
    return *generator;
  }

  // Links of as many URLs, until the time is over.
  Tally create(url_shortener::CodeGenerator& generator, std::size_t clients, std::chrono::nanoseconds duration) {
    const Step step = [this, &generator](std::size_t) { return create_one(generator); };
    return store_.run_clients(clients, step, duration);
  }

  // What the key pool does in the background is not to slow the row behind it.
  void settle_key_pool() { store_.background().run(await_full_pool()); }

 private:
  common::Task<> create_one(url_shortener::CodeGenerator& generator) {
    const std::string long_url = "https://example.com/articles/" + std::to_string(made_++) + "?utm_source=newsletter";
    for (unsigned attempt = 0;; ++attempt) {
      auto code = co_await generator.next(long_url, attempt);
      if (code.has_error()) throw std::runtime_error(code.error().message);
      url_shortener::Insert insert;
      insert.link.code = std::move(*code);
      insert.link.long_url = long_url;
      insert.link.created_at = clock_.now();
      const auto outcome = co_await store_->links->insert(std::move(insert));
      if (outcome.has_error()) throw std::runtime_error(outcome.error().message);
      if (std::holds_alternative<url_shortener::Inserted>(*outcome)) break;
    }
    // On the memory store nothing waits: without this the first client would have all the time to itself.
    co_await boost::asio::post(co_await boost::asio::this_coro::executor, common::use_task);
  }

  common::Task<> await_full_pool() {
    const auto deadline = Clock::now() + milliseconds(500);
    while (Clock::now() < deadline) {
      const auto size = co_await store_->key_pool->size();
      if (size.has_error()) throw std::runtime_error(size.error().message);
      if (*size >= url_shortener::CodeGeneratorKeyPool::pool_size) break;
      co_await common::sleep_for(milliseconds(2));
    }
  }

  common::SecureRandom random_;
  common::SystemClock clock_;
  std::map<std::string, std::unique_ptr<url_shortener::CodeGenerator>> generators_;
  std::uint64_t made_ = 0;
  OpenStore store_;
};

struct OnSqlite {
  explicit OnSqlite(Environment& environment) : installation(sqlite_config(environment.scratch("generators"))) {}
  std::vector<pid_t> processes() const { return {}; }
  Installation installation;
};

struct OnPostgres {
  explicit OnPostgres(Environment& environment) : place(environment), installation(postgres_config(place.url())) {}
  std::vector<pid_t> processes() const { return place.processes(); }
  ScratchPostgres place;
  Installation installation;
};

Sample measure(Installation& installation, const std::string& name, std::size_t clients, const Round& round) {
  auto& generator = installation.generator(name);
  installation.create(generator, clients, round.warm_up);
  if (name == "key_pool") installation.settle_key_pool();
  const CpuTime before = cpu_time(getpid());
  const Tally tally = installation.create(generator, clients, round.duration);
  const CpuTime used = cpu_time(getpid()) - before;
  if (tally.steps == 0) throw std::runtime_error("no link was made in time");
  if (name == "key_pool") installation.settle_key_pool();
  Sample sample;
  sample.values["per_second"] = tally.per_second();
  sample.values["cpu_us"] = static_cast<double>(used.total.count()) / 1e3 / static_cast<double>(tally.steps);
  return sample;
}

class OnMemory final : public Subject {
 public:
  OnMemory(std::string name, std::size_t clients) : name_(std::move(name)), clients_(clients) {}

  Sample measure(const Round& round) override {
    Installation installation(memory_config());
    // Links come by the ten thousand here: a quarter of the time is enough.
    const Round shorter{.warm_up = round.warm_up / 4, .duration = round.duration / 4};
    return url_shortener_bench::measure(installation, name_, clients_, shorter);
  }

 private:
  std::string name_;
  std::size_t clients_;
};

template <class Place>
class OnShared final : public Subject {
 public:
  OnShared(std::shared_ptr<Place> place, std::string name, std::size_t clients)
      : place_(std::move(place)), name_(std::move(name)), clients_(clients) {}

  Sample measure(const Round& round) override {
    return url_shortener_bench::measure(place_->installation, name_, clients_, round);
  }
  std::vector<pid_t> processes() const override { return place_->processes(); }

 private:
  std::shared_ptr<Place> place_;
  std::string name_;
  std::size_t clients_;
};

using Prepare = std::function<std::unique_ptr<Subject>(Environment&, const std::string& name, std::size_t clients)>;

template <class Place>
Prepare on_shared() {
  return [shared = SharedByRows<Place>()](Environment& environment, const std::string& name, std::size_t clients) {
    return std::make_unique<OnShared<Place>>(shared.get(environment), name, clients);
  };
}

void add_rows(Comparison& comparison, const std::string& store, const std::vector<std::string>& needs,
              const Prepare& prepare) {
  for (const std::size_t clients : client_counts) {
    const std::string group = store + ", " + std::to_string(clients) + (clients == 1 ? " client" : " clients");
    for (const auto& choice : url_shortener::code_generator_choices()) {
      const std::string name(choice.name);
      comparison.rows.push_back(
          {.id = name, .group = group, .needs = needs, .prepare = [prepare, name, clients](Environment& environment) {
             return prepare(environment, name, clients);
           }});
    }
  }
}

}  // namespace

Comparison generators() {
  Comparison comparison;
  comparison.id = "url_shortener/generators";
  comparison.question = "How many links a second does each generator make?";
  comparison.metrics = {
      {.id = "per_second", .heading = "per second", .unit = "links a second", .better = Better::higher, .decimals = 0},
      {.id = "cpu_us", .heading = "CPU us", .unit = "us of this process's CPU per link, without the server's"},
  };
  add_rows(comparison, "memory", {}, [](Environment&, const std::string& name, std::size_t clients) {
    return std::make_unique<OnMemory>(name, clients);
  });
  add_rows(comparison, "SQLite", {}, on_shared<OnSqlite>());
  add_rows(comparison, "PostgreSQL", {"service:postgres"}, on_shared<OnPostgres>());
  comparison.method = {
      "at the store interface: a code is proposed and inserted; clients are coroutines of one thread, each with one "
      "link under way",
      "durable: SQLite with synchronous=FULL, PostgreSQL with fsync on, over 4 connections",
      "SQLite and PostgreSQL: one database for all rows and rounds; memory: a new one each round, a quarter of the "
      "time",
      "key_pool: keys are made in the background meanwhile; what is still to be made before and after is not timed"};
  comparison.subject = comparison.rows.front().id;
  comparison.round = {.warm_up = milliseconds(12), .duration = milliseconds(65)};
  comparison.budget = std::chrono::seconds(23);
  return comparison;
}

}  // namespace bench::url_shortener_bench
