// kill -9 while clicks are counted: what is lost is at most what the counter's header says.

#include <algorithm>
#include <charconv>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/api_client.h"
#include "tests/support/catch.h"
#include "tests/support/postgres_support.h"
#include "tests/support/server_process.h"

using namespace testing;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

TEST_CASE("a kill loses the clicks of the last flush and the one under way, and no others") {
  const TempFolder data;
  const bool on_postgres = GENERATE(false, true);
  const auto schema = on_postgres ? new_schema() : nullptr;
  if (on_postgres && !schema) return;
  std::vector<std::string> flags = {"--data", data.path()};
  if (on_postgres) flags = {"--store", schema->url()};
  std::string code;
  std::vector<Clock::time_point> clicks;  // when each was answered
  Clock::time_point killed;
  {
    ServerProcess server(flags);
    ApiClient api(server.port());
    code = api.shorten_url("https://example.com");
    const auto began = Clock::now();
    while (Clock::now() - began < 3500ms) {
      REQUIRE(api.get("/" + code).status == 302);
      clicks.push_back(Clock::now());
      std::this_thread::sleep_for(1ms);  // a rate, so that a second's loss shows
    }
    killed = Clock::now();
    server.kill();
  }
  ServerProcess server(flags);
  const auto total = text_at(ApiClient(server.port()).get("/v1/links/" + code + "/stats"), "/total");
  std::size_t counted = 0;
  std::from_chars(total.data(), total.data() + total.size(), counted);
  // flush_every is a second; a write under way and a machine at work elsewhere get as much again.
  const auto safe =
      static_cast<std::size_t>(std::count_if(clicks.begin(), clicks.end(), [&](auto at) { return at < killed - 2s; }));
  INFO(counted << " of " << clicks.size() << " counted, of which " << safe << " had to be");
  CHECK(counted >= safe);
  CHECK(counted <= clicks.size());
}
