#include "tests/support/catch.h"
#include "tests/support/server_process.h"
#include "tests/support/storm.h"

using namespace testing;

TEST_CASE("a million links created by a hundred clients have a million codes") {
  ServerProcess server;
  const auto storm = create_many({server.port()}, 100, 10'000, "storm");
  CHECK(storm.broken == 0);
  CHECK(storm.others.empty());
  CHECK(storm.created.size() == 1'000'000);
  CHECK(distinct_codes(storm.created) == 1'000'000);
  CHECK(server.terminate() == 0);
}
