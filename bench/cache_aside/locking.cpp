// Two ways not to lose an update, on a real PostgreSQL: compare-and-swap on a version, tried again when somebody was
// faster, and SELECT … FOR UPDATE in a transaction. With one row that all want, and with many.

#include <stdexcept>

#include "bench/cache_aside/services.h"
#include "bench/cache_aside_bench.h"
#include "bench/core/environment.h"
#include "common/postgres/pool.h"
#include "common/random.h"
#include "common/runtime/all.h"

namespace bench::cache_aside_bench {
namespace {

using common::Result;
using common::Task;
using common::postgres::Pool;
using common::postgres::Transaction;
using Clock = std::chrono::steady_clock;

constexpr std::size_t writers = 8;

// The value, one higher, if nobody was faster since it was read.
Task<bool> swap(Pool& pool, std::uint64_t id) {
  auto rows = co_await pool.read("SELECT value, version FROM bench_locking WHERE id = $1", id);
  if (rows.has_error() || !rows->next()) throw std::runtime_error("the row cannot be read");
  const auto value = rows->integer(0) + 1;
  const auto version = rows->integer(1);
  const auto written = co_await pool.write(
      "UPDATE bench_locking SET value = $2, version = version + 1 WHERE id = $1 AND version = $3", id, value, version);
  if (written.has_error()) throw std::runtime_error(written.error().message);
  co_return written->affected() == 1;
}

Task<Result<int>> locked(Transaction& transaction, std::uint64_t id) {
  auto rows = co_await transaction.run("SELECT value FROM bench_locking WHERE id = $1 FOR UPDATE", id);
  if (rows.has_error()) co_return rows.error();
  rows->next();
  const auto value = rows->integer(0) + 1;
  const auto written =
      co_await transaction.run("UPDATE bench_locking SET value = $2, version = version + 1 WHERE id = $1", id, value);
  if (written.has_error()) co_return written.error();
  co_return 1;
}

class Increments final : public Subject {
 public:
  Increments(Environment& environment, bool optimistic, std::uint64_t rows)
      : place_(environment), optimistic_(optimistic), rows_(rows) {}

  Sample measure(const Round& round) override {
    common::Runtime runtime(1);
    common::postgres::Options options;
    options.url = place_.url();
    options.connections = writers;
    options.transactions = writers;
    options.deadline = std::chrono::seconds(10);
    Pool pool(runtime, options);
    made_ = attempts_ = 0;
    double seconds = 0;
    std::int64_t sum = 0;
    const auto main = [&]() -> Task<> {
      co_await prepare(pool);
      const auto start = Clock::now();
      std::vector<Task<std::uint64_t>> all;
      for (std::size_t i = 0; i < writers; ++i)
        all.push_back(increment(pool, start + round.duration, i));
      for (const std::uint64_t made : co_await common::all(std::move(all)))
        made_ += made;
      seconds = std::chrono::duration<double>(Clock::now() - start).count();
      auto total = co_await pool.read("SELECT sum(value)::bigint FROM bench_locking");
      if (total.has_value() && total->next()) sum = total->integer(0);
      co_await pool.stop();
    };
    runtime.run(main());
    if (made_ == 0 || sum != static_cast<std::int64_t>(made_)) throw std::runtime_error("an update was lost");
    Sample sample;
    sample.values["per_second"] = static_cast<double>(made_) / seconds;
    sample.values["attempts"] = static_cast<double>(attempts_) / static_cast<double>(made_);
    return sample;
  }
  std::vector<pid_t> processes() const override { return place_.processes(); }

 private:
  Task<> prepare(Pool& pool) {
    for (const auto sql : {common::postgres::Sql("DROP TABLE IF EXISTS bench_locking"),
                           common::postgres::Sql("CREATE TABLE bench_locking (id bigint PRIMARY KEY, value bigint, "
                                                 "version bigint)")}) {
      const auto done = co_await pool.write(sql);
      if (done.has_error()) throw std::runtime_error(done.error().message);
    }
    const auto filled =
        co_await pool.write("INSERT INTO bench_locking SELECT i, 0, 1 FROM generate_series(1, $1::bigint) AS i", rows_);
    if (filled.has_error()) throw std::runtime_error(filled.error().message);
  }
  // How many were made.
  Task<std::uint64_t> increment(Pool& pool, Clock::time_point deadline, std::size_t seed) {
    common::SeededRandom random(seed + 1);
    std::uint64_t made = 0;
    while (Clock::now() < deadline) {
      const std::uint64_t id = 1 + random.below(rows_);
      bool done = false;
      while (!done) {
        ++attempts_;
        if (optimistic_) {
          done = co_await swap(pool, id);
        } else {
          const auto outcome = co_await pool.transaction([id](Transaction& t) { return locked(t, id); });
          done = outcome.has_value();
        }
      }
      ++made;
    }
    co_return made;
  }

  ScratchPostgres place_;
  const bool optimistic_;
  const std::uint64_t rows_;
  std::uint64_t made_ = 0;
  std::uint64_t attempts_ = 0;
};

Row row(std::string id, std::string group, bool optimistic, std::uint64_t rows) {
  Row made{.id = std::move(id), .group = std::move(group)};
  made.needs = {"service:postgres"};
  made.prepare = [optimistic, rows](Environment& environment) {
    return std::make_unique<Increments>(environment, optimistic, rows);
  };
  return made;
}

}  // namespace

Comparison locking() {
  Comparison comparison;
  comparison.id = "cache_aside/locking";
  comparison.question = "Compare-and-swap or SELECT … FOR UPDATE?";
  comparison.metrics = {
      {.id = "per_second", .heading = "changes/s", .unit = "changes a second", .better = Better::higher, .decimals = 0},
      {.id = "attempts", .heading = "attempts", .unit = "attempts per change"}};
  comparison.rows = {row("optimistic", "1,000 rows", true, 1000), row("pessimistic", "1,000 rows", false, 1000),
                     row("optimistic_one_row", "one row", true, 1), row("pessimistic_one_row", "one row", false, 1)};
  comparison.method = {
      "8 coroutines on one thread, each reads a row, adds one, and writes it; no update is lost, or the "
      "row fails"};
  comparison.subject = "optimistic";
  comparison.round = {.warm_up = std::chrono::milliseconds(0), .duration = std::chrono::milliseconds(500)};
  comparison.budget = std::chrono::seconds(10);
  return comparison;
}

}  // namespace bench::cache_aside_bench
