// A schema of one's own in the private PostgreSQL, empty: what is there already belongs to others.

#pragma once

#include <stdexcept>
#include <string>

#include "common/postgres/pool.h"
#include "common/runtime/runtime.h"

namespace bench::cache_aside_bench {

// The URL of a new, empty schema "bench_cache_aside" behind `url`, which has no options of its own. Blocks.
inline std::string own_schema(const std::string& url) {
  common::Runtime runtime(1);
  common::postgres::Options options;
  options.url = url;
  common::postgres::Pool pool(runtime, options);
  const auto make = [&]() -> common::Task<> {
    const auto dropped = co_await pool.write("DROP SCHEMA IF EXISTS bench_cache_aside CASCADE");
    const auto made = co_await pool.write("CREATE SCHEMA bench_cache_aside");
    co_await pool.stop();
    if (dropped.has_error()) throw std::runtime_error(dropped.error().message);
    if (made.has_error()) throw std::runtime_error(made.error().message);
  };
  runtime.run(make());
  return url + "?options=-csearch_path%3Dbench_cache_aside";
}

}  // namespace bench::cache_aside_bench
