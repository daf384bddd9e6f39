// The PostgreSQL database that the stores share: a pool of connections, perhaps a second one to a replica, and the
// schema.
//
// Any number of processes on any hosts may use it; they behave as one. The stores on top refer to this: they go first.

#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "cache_aside/entry.h"
#include "common/metrics.h"
#include "common/postgres/pool.h"
#include "common/runtime/runtime.h"

namespace cache_aside {

class StorePostgres {
 public:
  struct Options {
    std::string url;              // postgres://…
    std::string read_url = {};    // of a replica that answers reads; empty: none
    std::size_t connections = 4;  // of this process, shared out to its threads, at least one each
  };

  // Brings the schema up to date (migrations_postgres/), while other processes serve. Throws std::exception with a line
  // for people, without the password: no server, a newer program's schema.
  StorePostgres(common::Runtime& runtime, Options options);

  common::postgres::Pool& pool() noexcept { return pool_; }

  // Reads what may lag, by query(pool): from the replica, if there is one. good(answer) says whether it is new enough;
  // if not, or if the replica is away, the primary is asked; with unknown_floor only the primary.
  template <class Query, class Good>
  std::invoke_result_t<Query&, common::postgres::Pool&> read(std::uint64_t floor, Query query, Good good) {
    if (replica_ && floor != unknown_floor) {
      replica_reads_.fetch_add(1, std::memory_order_relaxed);
      auto answer = co_await query(*replica_);
      if (answer.has_value() && good(*answer)) co_return answer;
      replica_behind_.fetch_add(1, std::memory_order_relaxed);
      if (count_query_) count_query_();
    }
    co_return co_await query(pool_);
  }

  // Queries that the replica answered, and of them those that the primary had to answer again.
  std::uint64_t replica_reads() const noexcept { return replica_reads_.load(std::memory_order_relaxed); }
  std::uint64_t replica_behind() const noexcept { return replica_behind_.load(std::memory_order_relaxed); }
  // Shows these as metrics, and how far the replica says that it is behind, asked once a second.
  void watch_replica(common::Runtime& runtime, common::Metrics& metrics);

  // `count`: for each query beyond the one that a read is. Before the first read.
  void count_queries(std::function<void()> count) { count_query_ = std::move(count); }

  // Names this data: two databases have different ones.
  const std::string& identity() const noexcept { return identity_; }

  common::Task<> stop();

 private:
  common::Task<> ask_for_lag();

  common::postgres::Pool pool_;
  const std::string identity_;
  std::unique_ptr<common::postgres::Pool> replica_;
  std::function<void()> count_query_;
  std::atomic<std::uint64_t> replica_reads_{0};
  std::atomic<std::uint64_t> replica_behind_{0};
  std::atomic<std::int64_t> lag_us_{0};
};

}  // namespace cache_aside
