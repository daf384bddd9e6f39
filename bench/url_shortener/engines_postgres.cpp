// Rows of `engines`: the store on PostgreSQL, beside pgbench on the same tables.

#include <stdexcept>

#include "bench/baselines/pgbench.h"
#include "bench/url_shortener/engine_rows.h"
#include "bench/url_shortener/link_maker.h"
#include "bench/url_shortener/link_tables.h"
#include "common/random.h"
#include "url_shortener/store_postgres.h"

namespace bench::url_shortener_bench {
namespace {

constexpr const char* inserts = "PostgreSQL, inserts";
constexpr const char* reads = "PostgreSQL, reads by code";

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
    return store_.run_clients(engine_coroutines, step, duration);
  }

  ScratchPostgres place_;
  LinkMaker maker_;
  OpenStore store_;
};

// ---- reads ----

struct ReadTable {
  explicit ReadTable(Environment& environment) : place(environment), table{environment.quick() ? 1'000u : 100'000u} {
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
    return store_.run_clients(engine_coroutines, step, duration);
  }

  std::shared_ptr<ReadTable> shared_;
  OpenStore store_;
};

}  // namespace

void add_postgres_rows(Comparison& comparison) {
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
  comparison.rows.push_back(
      {.id = "store",
       .group = reads,
       .note = "64 coroutines on the store's 4 connections",
       .needs = {"service:postgres"},
       .prepare = [table](Environment& environment) { return std::make_unique<StoreReads>(table.get(environment)); }});
  comparison.aims.push_back({.group = inserts, .row = "store", .against = "pgbench", .bound = 3});
  comparison.aims.push_back({.group = reads, .row = "store", .against = "pgbench", .bound = 3});
}

}  // namespace bench::url_shortener_bench
