// What our clients of PostgreSQL and Redis get out of a server, beside the load generators that come with it.
//
// pgbench sends a statement, waits for its answer, and then sends the next, on each of its connections: that is what a
// program with a pool of blocking connections gets, and all that it can. The store's coroutines share four connections,
// whose statements leave together (common/postgres/pool.h), and creations become one statement (batches.h). Redis'
// generator is a loop in C that sends the same bytes again and again, and looks at nothing that comes back but its end:
// the most that one connection can carry.

#include "bench/url_shortener/engine_rows.h"
#include "bench/url_shortener_bench.h"

namespace bench::url_shortener_bench {

Comparison engines() {
  Comparison comparison;
  comparison.id = "url_shortener/engines";
  comparison.question = "What do our clients get out of PostgreSQL and Redis, beside the engines' own load generators?";
  comparison.metrics = {{.id = "per_second",
                         .heading = "per second",
                         .unit = "operations a second",
                         .better = Better::higher,
                         .decimals = 0}};
  add_postgres_rows(comparison);
  add_redis_rows(comparison);
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
  comparison.budget = std::chrono::seconds(17);
  return comparison;
}

}  // namespace bench::url_shortener_bench
