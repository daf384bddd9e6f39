// The private Redis that `./run services up` started, for tests that need a real one.
//
//   const auto redis = redis_service();
//   if (!redis) return;                        // said aloud; with CI=true a failure
//
// All tests share it: keys begin with a test's own prefix.

#pragma once

#include <cstdlib>
#include <optional>
#include <string>

#include "common/redis/client.h"
#include "tests/support/require.h"

namespace testing {

inline std::optional<common::redis::Endpoint> redis_service() {
  const char* const url = std::getenv("REDIS_URL");
  if (!require_or_skip(url != nullptr, "REDIS_URL is not set: ./run services up")) return std::nullopt;
  return common::redis::parse_endpoint(url).value();
}

// Runs `test(client)` on a runtime of `threads`, and its shut-down after it.
template <class Test>
void with_redis(common::redis::Client::Options options, std::size_t threads, Test test) {
  common::Runtime runtime(threads);
  common::redis::Client client(runtime, std::move(options));
  const auto main = [&]() -> common::Task<> {
    co_await test(client, runtime);
    co_await runtime.shut_down(std::chrono::seconds{10});
  };
  runtime.run(main());
}

}  // namespace testing
