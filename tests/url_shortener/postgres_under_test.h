// Two processes' pools on as many schemas, and the threads that they live on. Shared by all stores of a test.

#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "tests/support/postgres_support.h"
#include "tests/support/running_runtime.h"
#include "url_shortener/shards.h"

namespace url_shortener {

class PostgresUnderTest {
 public:
  static std::shared_ptr<PostgresUnderTest> shared(std::size_t shards);

  explicit PostgresUnderTest(std::size_t shards);
  ~PostgresUnderTest() { stop(); }
  // Ends everything that runs on its threads. Nothing can be asked of the stores any more.
  void stop();
  Shards& one() { return *one_; }
  Shards& two() { return *two_; }

 private:
  std::vector<std::unique_ptr<testing::Schema>> schemas_;
  testing::RunningRuntime running_{4};
  std::optional<Shards> one_;
  std::optional<Shards> two_;
  bool stopped_ = false;
};

}  // namespace url_shortener
