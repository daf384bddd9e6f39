#include "tests/url_shortener/postgres_under_test.h"

#include <utility>

#include "tests/support/run_task.h"

namespace url_shortener {

std::shared_ptr<PostgresUnderTest> PostgresUnderTest::shared(std::size_t shards) {
  static std::weak_ptr<PostgresUnderTest> known;
  auto shared = known.lock();
  if (!shared) known = shared = std::make_shared<PostgresUnderTest>(shards);
  return shared;
}

PostgresUnderTest::PostgresUnderTest(std::size_t shards) {
  std::vector<std::string> urls;
  for (std::size_t i = 0; i < shards; ++i)
    urls.push_back(schemas_.emplace_back(testing::new_schema())->url());
  one_.emplace(running_.runtime(), urls, 4);
  two_.emplace(running_.runtime(), urls, 4);
}

void PostgresUnderTest::stop() {
  if (std::exchange(stopped_, true)) return;
  testing::run_task(one_->stop());
  testing::run_task(two_->stop());
  running_.stop();
}

}  // namespace url_shortener
