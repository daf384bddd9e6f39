#include <string>

#include "tests/support/catch.h"
#include "tests/support/server_process.h"
#include "tests/support/size.h"
#include "tests/support/storm.h"

using namespace testing;

TEST_CASE("a hundred clients creating at once get as many codes as they asked for") {
  constexpr int clients = 100;
  const int each = sanitized ? 20 : 100;
  for (const std::string codes :
       {"permuted_counter", "counter", "counter_block", "snowflake", "random", "hash", "key_pool"}) {
    INFO(codes);
    ServerProcess server({"--codes", codes});
    const auto storm = create_many({server.port()}, clients, each, "storm");
    const auto wanted = static_cast<std::size_t>(clients * each);
    CHECK(storm.broken == 0);
    CHECK(storm.others.empty());
    CHECK(storm.created.size() == wanted);
    CHECK(distinct_codes(storm.created) == wanted);
    CHECK(server.terminate() == 0);
  }
}
