// What the store's writer buys: how many links a second become durable, in one transaction each with
// SQLite as it comes, or as the store writes them.
//
// All write the same rows to the same schema with synchronous=FULL, so each answer means that the
// disk has the link. One transaction an insert runs in a plain loop on one connection: SQLite has
// one writer at a time, so threads would only add waiting. The store's side is 64 coroutines, each
// waiting for its answer before the next.
//
// The ratio is not group commit's alone, but the whole writer's (common/sqlite/group_writer.h). The
// baseline is what a program does that uses SQLite as it comes: default VFS, which writes the log in
// two pieces a page, and a checkpoint within the COMMIT that finds 1,000 pages in the log. The store
// also joins the log's writes (common/sqlite/log_vfs.h), and checkpoints aside, in a thread of their
// own (common/sqlite/checkpointer.h).

#include <unistd.h>
#include <boost/asio/io_context.hpp>
#include <stdexcept>

#include "bench/core/cores.h"
#include "bench/core/cpu_time.h"
#include "bench/core/environment.h"
#include "bench/url_shortener/link_maker.h"
#include "bench/url_shortener/redirect_servers.h"
#include "bench/url_shortener_bench.h"
#include "common/digest.h"
#include "common/sqlite/database.h"
#include "url_shortener/link_rows_sqlite.h"
#include "url_shortener/link_store_sqlite.h"
#include "url_shortener/store_sqlite.h"

namespace bench::url_shortener_bench {
namespace {

namespace fs = std::filesystem;

using Clock = std::chrono::steady_clock;

constexpr unsigned clients = 64;

// A subject in this process that makes links until a deadline.
class Creates : public Subject {
 public:
  Sample measure(const Round& round) final {
    create_until(Clock::now() + round.warm_up);
    const CpuTime before = cpu_time(getpid());
    const auto start = Clock::now();
    const auto created = static_cast<double>(create_until(start + round.duration));
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    const CpuTime used = cpu_time(getpid()) - before;
    if (created == 0) throw std::runtime_error("no link was made in time");
    Sample sample;
    sample.values["per_second"] = created / seconds;
    sample.values["cpu_us"] = static_cast<double>(used.total.count()) / 1e3 / created;
    return sample;
  }

 protected:
  // How many were made; all are durable when it returns.
  virtual std::uint64_t create_until(Clock::time_point deadline) = 0;

  LinkMaker links_;
};

class TransactionEach final : public Creates {
 public:
  explicit TransactionEach(const fs::path& folder)
      : schema_(std::make_unique<url_shortener::StoreSqlite>(folder)),
        database_({.file = folder / "url_shortener.db"}) {
    schema_.reset();  // it has made the tables
  }

 private:
  std::uint64_t create_until(Clock::time_point deadline) override {
    std::uint64_t created = 0;
    for (; Clock::now() < deadline; ++created) {
      const url_shortener::Link link = links_.next();
      const std::string hash = common::sha256(link.long_url);
      database_.run("BEGIN IMMEDIATE");
      if (!url_shortener::rows::insert_link(database_, link, hash)) throw std::runtime_error("a code was taken");
      database_.run("COMMIT");
    }
    return created;
  }

  std::unique_ptr<url_shortener::StoreSqlite> schema_;
  common::sqlite::Database database_;
};

class GroupCommit final : public Creates {
 public:
  explicit GroupCommit(const fs::path& folder) : store_(folder), link_store_(store_) {}
  ~GroupCommit() override { store_.stop(); }

 private:
  std::uint64_t create_until(Clock::time_point deadline) override {
    created_ = 0;
    for (unsigned i = 0; i < clients; ++i)
      common::spawn(context_.get_executor(), "create", create(deadline));
    context_.restart();
    context_.run();
    if (failed_) throw std::runtime_error("an insert failed");
    return created_;
  }

  common::Task<void> create(Clock::time_point deadline) {
    while (Clock::now() < deadline && !failed_) {
      url_shortener::Insert insert;  // named: GCC 12 destroys a braced temporary of a co_await twice
      insert.link = links_.next();
      const auto outcome = co_await link_store_.insert(std::move(insert));
      if (outcome.has_error() || !std::holds_alternative<url_shortener::Inserted>(*outcome)) {
        failed_ = true;
        co_return;
      }
      ++created_;
    }
  }

  boost::asio::io_context context_{1};
  url_shortener::StoreSqlite store_;
  url_shortener::LinkStoreSqlite link_store_;
  std::uint64_t created_ = 0;
  bool failed_ = false;
};

std::unique_ptr<Subject> over_http(Environment& environment) {
  load::GeneratorOptions load{.connections = clients, .expected_status = 201};
  load.request = {.method = "POST",
                  .target = "/shorten",
                  .headers = {{"Content-Type", "application/json"}},
                  .body = R"({"longUrl":"https://example.com/articles/{n}?utm_source=newsletter"})"};
  load.cpus = plan_cores(1, environment.cpus()).client;
  auto server = start_url_shortener(environment, environment.scratch("create"), 1);
  return std::make_unique<load::ServerCost>(std::move(server), std::move(load));
}

}  // namespace

Comparison create() {
  Comparison comparison;
  comparison.id = "url_shortener/create";
  comparison.question = "How many links a second become durable?";
  comparison.metrics = {
      {.id = "per_second",
       .heading = "per second",
       .unit = "durable links a second",
       .better = Better::higher,
       .decimals = 0},
      {.id = "cpu_us", .heading = "CPU us", .unit = "us of CPU per link"},
  };
  comparison.rows = {
      {.id = "transaction_each",
       .note = "one transaction an insert, in a loop, SQLite as it comes",
       .prepare =
           [](Environment& environment) { return std::make_unique<TransactionEach>(environment.scratch("create")); },
       .fresh = true},
      {.id = "sqlite",
       .note = "64 coroutines on the store: group commit, joined log writes, checkpoints aside",
       .prepare = [](Environment& environment) { return std::make_unique<GroupCommit>(environment.scratch("create")); },
       .fresh = true},
      {.id = "sqlite_http",
       .note = "64 clients over HTTP: POST /shorten, a server of one thread",
       .needs = {"program:url_shortener"},
       .prepare = over_http,
       .fresh = true},
  };
  comparison.aims = {{.row = "sqlite", .against = "transaction_each", .bound = 8}};
  comparison.method = {
      "SQLite, WAL, synchronous=FULL in all rows; a new database each round",
      "transaction_each: SQLite as it comes: default VFS, a checkpoint inside a commit each 1,000 pages",
      "sqlite and sqlite_http: the store's writer: group commit, joined log writes, checkpoints in a thread of its own",
      "so the ratio is of the whole writer, not of group commit alone"};
  comparison.subject = "sqlite";
  comparison.round = {.warm_up = std::chrono::milliseconds(80), .duration = std::chrono::milliseconds(400)};
  comparison.budget = std::chrono::seconds(14);
  return comparison;
}

}  // namespace bench::url_shortener_bench
