// What our clients of PostgreSQL and Redis get out of a server, beside the load generators that come with it.
//
// pgbench sends a statement, waits for its answer, and then sends the next, on each of its connections: that is what a
// program with a pool of blocking connections gets, and all that it can. The store's coroutines share four connections,
// whose statements leave together (common/postgres/pool.h), and creations become one statement (batches.h). Redis'
// generator is a loop in C that sends the same bytes again and again, and looks at nothing that comes back but its end:
// the most that one connection can carry.

#include <algorithm>
#include <stdexcept>

#include "bench/baselines/pgbench.h"
#include "bench/baselines/redis_benchmark.h"
#include "bench/url_shortener/link_maker.h"
#include "bench/url_shortener/link_tables.h"
#include "bench/url_shortener/open_store.h"
#include "bench/url_shortener_bench.h"
#include "common/random.h"
#include "common/redis/client.h"
#include "url_shortener/store_postgres.h"

namespace bench::url_shortener_bench {
namespace {

constexpr const char* inserts = "PostgreSQL, inserts";
constexpr const char* reads = "PostgreSQL, reads by code";
constexpr const char* pipelined_gets = "Redis, 64 GETs at once";
constexpr const char* single_gets = "Redis, one GET at a time";

constexpr unsigned coroutines = 64;

Sample sample_of(double per_second) {
  Sample sample;
  sample.values["per_second"] = per_second;
  return sample;
}

// Coroutines in this process.
class Coroutines : public Subject {
 public:
  Sample measure(const Round& round) final {
    tally(round.warm_up);
    const Tally counted = tally(round.duration);
    if (counted.steps == 0) throw std::runtime_error("nothing was answered in time");
    return sample_of(counted.per_second());
  }

 private:
  virtual Tally tally(std::chrono::nanoseconds duration) = 0;
};

// A program that is told how many operations to do, and says how many it did in a second.
class Program : public Subject {
 public:
  // A first run is short, and says how long the second one must be.
  Sample measure(const Round& round) final {
    if (per_second_ == 0) per_second_ = run(first_operations(), {}).per_second;
    const Outcome short_one = run(operations_in(round.warm_up), {});
    const Outcome long_one = run(operations_in(round.duration), short_one);
    per_second_ = long_one.per_second;
    return sample_of(per_second_);
  }

 protected:
  struct Outcome {
    double operations = 0;
    double seconds = 0;
    double per_second = 0;
  };
  virtual std::uint64_t first_operations() const = 0;
  // `before`: the short run, for those whose start is to be taken off.
  virtual Outcome run(std::uint64_t operations, const Outcome& before) = 0;

 private:
  std::uint64_t operations_in(std::chrono::nanoseconds duration) const {
    const double wanted = per_second_ * std::chrono::duration<double>(duration).count();
    return std::max(first_operations(), static_cast<std::uint64_t>(wanted));
  }

  double per_second_ = 0;
};

// The first statement of a session waits for the server to read its catalogue: so what a short run took, and did, is
// taken off the long one, and only what it did beyond remains.
class PgbenchProgram : public Program {
 public:
  PgbenchProgram(Environment& environment, std::string url, std::string script, unsigned clients)
      : clients_(clients),
        pgbench_({.program = environment.program("pgbench"),
                  .folder = environment.scratch("pgbench"),
                  .url = std::move(url),
                  .script = std::move(script),
                  .clients = clients}) {}

 private:
  std::uint64_t first_operations() const final { return 10 * clients_; }
  Outcome run(std::uint64_t operations, const Outcome& before) final {
    const std::uint64_t each = (static_cast<std::uint64_t>(before.operations) + operations) / clients_ + 1;
    const auto report = pgbench_.run(each, {"begun=" + std::to_string(begun_)});
    begun_ += each;
    Outcome outcome;
    outcome.operations = static_cast<double>(report.transactions);
    outcome.seconds = outcome.operations / report.per_second;
    const double seconds = outcome.seconds - before.seconds;
    if (seconds <= 0) throw std::runtime_error("pgbench: a long run took less time than a short one");
    outcome.per_second = (outcome.operations - before.operations) / seconds;
    return outcome;
  }

  const unsigned clients_;
  Pgbench pgbench_;
  std::uint64_t begun_ = 0;  // transactions of each client
};

// ---- inserts ----

class PgbenchInserts final : public PgbenchProgram {
 public:
  static constexpr unsigned clients = 4;

  static std::unique_ptr<Subject> prepare(Environment& environment) {
    auto place = std::make_unique<ScratchPostgres>(environment);
    url_shortener::migrate_links(place->url());
    return std::make_unique<PgbenchInserts>(environment, std::move(place));
  }
  PgbenchInserts(Environment& environment, std::unique_ptr<ScratchPostgres> place)
      : PgbenchProgram(environment, place->url(), script, clients), place_(std::move(place)) {}

  std::vector<pid_t> processes() const override { return place_->processes(); }

 private:
  // The rows that link_maker.h makes: codes of seven characters all over the table, the URL, its hash.
  static constexpr const char* script =
      "\\set begun :begun + 1\n"
      "\\set number :begun * 4 + :client_id\n"
      "\\set code 1000000 + permute(:number, 9000000, 42)\n"
      "\\set hash hash(:number)\n"
      "INSERT INTO links (code, long_url, url_hash, created_at) VALUES"
      " (:code, 'https://example.com/articles/' || :number || '?utm_source=newsletter', :hash,"
      " 1763800000000000 + :number);\n";

  std::unique_ptr<ScratchPostgres> place_;
};

class StoreInserts final : public Coroutines {
 public:
  explicit StoreInserts(Environment& environment) : place_(environment), store_(postgres_config(place_.url())) {}

  std::vector<pid_t> processes() const override { return place_.processes(); }

 private:
  Tally tally(std::chrono::nanoseconds duration) override {
    const Step step = [this](std::size_t) -> common::Task<> {
      url_shortener::Insert insert;
      insert.link = maker_.next();
      const auto outcome = co_await store_->links->insert(std::move(insert));
      if (outcome.has_error()) throw std::runtime_error(outcome.error().message);
      if (!std::holds_alternative<url_shortener::Inserted>(*outcome)) throw std::runtime_error("a code was taken");
    };
    return store_.run_clients(coroutines, step, duration);
  }

  ScratchPostgres place_;
  LinkMaker maker_;
  OpenStore store_;
};

// ---- reads ----

struct ReadTable {
  explicit ReadTable(Environment& environment)
      : place(environment), table{environment.quick() ? 1'000u : 100'000u} {
    table.fill_postgres(place.url());
  }
  ScratchPostgres place;
  LinkTable table;
};

class PgbenchReads final : public PgbenchProgram {
 public:
  static constexpr unsigned clients = 64;

  PgbenchReads(Environment& environment, std::shared_ptr<ReadTable> shared)
      : PgbenchProgram(environment, shared->place.url(), script(shared->table), clients), shared_(std::move(shared)) {}

  std::vector<pid_t> processes() const override { return shared_->place.processes(); }

 private:
  static std::string script(const LinkTable& table) {
    return "\\set code random(" + std::to_string(LinkTable::code_first) + ", " +
           std::to_string(LinkTable::code_first + table.count - 1) +
           ")\n"
           "SELECT code, long_url, created_at, expires_at, max_clicks, clicks_used, version, deleted, tags"
           " FROM links WHERE code = :code;\n";
  }

  std::shared_ptr<ReadTable> shared_;
};

class StoreReads final : public Coroutines {
 public:
  explicit StoreReads(std::shared_ptr<ReadTable> shared)
      : shared_(std::move(shared)), store_(postgres_config(shared_->place.url())) {}

  std::vector<pid_t> processes() const override { return shared_->place.processes(); }

 private:
  Tally tally(std::chrono::nanoseconds duration) override {
    const Step step = [this](std::size_t) -> common::Task<> {
      std::string code = std::to_string(LinkTable::code_first + common::thread_random().below(shared_->table.count));
      const auto link = co_await store_->links->find(code);
      if (link.has_error()) throw std::runtime_error(link.error().message);
      if (!*link || (*link)->code != code || (*link)->long_url.empty()) throw std::runtime_error("another link");
    };
    return store_.run_clients(coroutines, step, duration);
  }

  std::shared_ptr<ReadTable> shared_;
  OpenStore store_;
};

// ---- Redis ----

// One key, as long as the cache's entries of links are, and a client of one thread.
class RedisPlace {
 public:
  explicit RedisPlace(Environment& environment)
      : endpoint_(common::redis::parse_endpoint(environment.service("redis")).value()),
        client_(background_.runtime(), options(endpoint_)),
        key_("bench:" + std::to_string(common::thread_random().next())) {
    background_.run(fill());
  }
  ~RedisPlace() {
    try {
      background_.run(remove());
    } catch (const std::exception&) {
      // Redis is gone, and the key with it.
    }
    background_.stop();
  }
  RedisPlace(const RedisPlace&) = delete;
  RedisPlace& operator=(const RedisPlace&) = delete;

  const common::redis::Endpoint& endpoint() const { return endpoint_; }
  const std::string& key() const { return key_; }
  const std::vector<pid_t>& processes() const { return processes_; }

  Tally get(std::size_t clients, std::chrono::nanoseconds duration) {
    const Step step = [this](std::size_t) -> common::Task<> {
      const auto reply = co_await client_.command("GET", key_);
      if (reply.has_error()) throw std::runtime_error(reply.error().message);
      if (reply->text != value_) throw std::runtime_error("GET answered something else");
    };
    return run_clients(background_, clients, step, duration);
  }

 private:
  static common::redis::Client::Options options(const common::redis::Endpoint& endpoint) {
    common::redis::Client::Options options;
    options.connection.endpoint = endpoint;
    options.timeout = std::chrono::seconds{5};  // a machine that is busy is slow, which is not an error here
    return options;
  }

  common::Task<> fill() {
    const auto set = co_await client_.command("SET", key_, value_);
    if (set.has_error()) throw std::runtime_error(set.error().message);
    const auto info = co_await client_.command("INFO", "server");
    if (info.has_error()) throw std::runtime_error(info.error().message);
    constexpr std::string_view name = "process_id:";
    if (const auto at = info->text.find(name); at != std::string::npos) {
      processes_ = local_process(std::atoi(info->text.c_str() + at + name.size()), "redis-server");
    }
  }

  common::Task<> remove() { (void)co_await client_.command("DEL", key_); }

  common::redis::Endpoint endpoint_;
  common::BackgroundRuntime background_{1};
  common::redis::Client client_;
  std::string key_;
  const std::string value_ = std::string(200, 'x');
  std::vector<pid_t> processes_;
};

class RedisProgram final : public Program {
 public:
  RedisProgram(Environment& environment, unsigned pipeline)
      : place_(environment),
        benchmark_{.program = environment.program("redis-benchmark"),
                   .log = environment.scratch("redis_benchmark") / "log",
                   .endpoint = {.host = place_.endpoint().host,
                                .port = static_cast<std::uint16_t>(std::stoi(place_.endpoint().port))},
                   .key = place_.key(),
                   .pipeline = pipeline} {}

  std::vector<pid_t> processes() const override { return place_.processes(); }

 private:
  std::uint64_t first_operations() const override { return 200 * benchmark_.pipeline; }
  Outcome run(std::uint64_t operations, const Outcome&) override {
    Outcome outcome;
    outcome.per_second = benchmark_.get(operations);
    return outcome;
  }

  RedisPlace place_;
  RedisBenchmark benchmark_;
};

class RedisCoroutines final : public Coroutines {
 public:
  RedisCoroutines(Environment& environment, unsigned clients) : place_(environment), clients_(clients) {}

  std::vector<pid_t> processes() const override { return place_.processes(); }

 private:
  Tally tally(std::chrono::nanoseconds duration) override { return place_.get(clients_, duration); }

  RedisPlace place_;
  const unsigned clients_;
};

void add_redis(Comparison& comparison, const char* group, unsigned at_once) {
  const std::string depth = std::to_string(at_once);
  comparison.rows.push_back({.id = "redis-benchmark",
                             .group = group,
                             .note = "-c 1 -P " + depth,
                             .needs = {"service:redis", "program:redis-benchmark"},
                             .prepare = [at_once](Environment& environment) {
                               return std::make_unique<RedisProgram>(environment, at_once);
                             }});
  comparison.rows.push_back({.id = "redis_client",
                             .group = group,
                             .note = at_once == 1 ? "one coroutine" : depth + " coroutines on one connection",
                             .needs = {"service:redis"},
                             .prepare = [at_once](Environment& environment) {
                               return std::make_unique<RedisCoroutines>(environment, at_once);
                             }});
}

}  // namespace

Comparison engines() {
  Comparison comparison;
  comparison.id = "url_shortener/engines";
  comparison.question = "What do our clients get out of PostgreSQL and Redis, beside the engines' own load generators?";
  comparison.metrics = {{.id = "per_second",
                         .heading = "per second",
                         .unit = "operations a second",
                         .better = Better::higher,
                         .decimals = 0}};
  comparison.rows = {
      {.id = "pgbench",
       .group = inserts,
       .note = "-c 4 -M prepared: a row a statement, a statement a transaction",
       .needs = {"service:postgres", "program:pgbench"},
       .prepare = PgbenchInserts::prepare},
      {.id = "store",
       .group = inserts,
       .note = "64 coroutines on the store's 4 connections",
       .needs = {"service:postgres"},
       .prepare = [](Environment& environment) { return std::make_unique<StoreInserts>(environment); }},
  };
  const SharedByRows<ReadTable> table;
  comparison.rows.push_back({.id = "pgbench",
                             .group = reads,
                             .note = "-c 64 -M prepared: the store's own SELECT",
                             .needs = {"service:postgres", "program:pgbench"},
                             .prepare = [table](Environment& environment) {
                               return std::make_unique<PgbenchReads>(environment, table.get(environment));
                             }});
  comparison.rows.push_back({.id = "store",
                             .group = reads,
                             .note = "64 coroutines on the store's 4 connections",
                             .needs = {"service:postgres"},
                             .prepare = [table](Environment& environment) {
                               return std::make_unique<StoreReads>(table.get(environment));
                             }});
  add_redis(comparison, pipelined_gets, coroutines);
  add_redis(comparison, single_gets, 1);
  comparison.aims = {
      {.group = inserts, .row = "store", .against = "pgbench", .bound = 3},
      {.group = reads, .row = "store", .against = "pgbench", .bound = 3},
      {.group = pipelined_gets, .row = "redis_client", .against = "redis-benchmark", .bound = 0.7},
      {.group = single_gets, .row = "redis_client", .against = "redis-benchmark", .bound = 0.75},
  };
  comparison.method = {
      "each client is one thread, pgbench (--jobs=1) and redis-benchmark too; nothing is pinned, servers and clients "
      "share all cores",
      "inserts: the same columns and sizes, codes all over the table, fsync on; reads: random codes of 100,000 links",
      "pgbench: a short run's time and transactions are taken off a longer one's, so that connecting and the first "
      "statement of each session are not counted",
      "GET: one key with 200 bytes on one connection",
      "the store and the client look at every answer; pgbench looks for errors, redis-benchmark for its end"};
  comparison.subject = "store";
  comparison.round = {.warm_up = std::chrono::milliseconds(40), .duration = std::chrono::milliseconds(200)};
  comparison.budget = std::chrono::seconds(16);
  return comparison;
}

}  // namespace bench::url_shortener_bench
