// kill -9 in the middle of creation: what was answered is there, what is given out is given out once.

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <unordered_map>

#include "tests/support/api_client.h"
#include "tests/support/catch.h"
#include "tests/support/server_process.h"
#include "tests/support/size.h"
#include "tests/support/storm.h"

using namespace testing;
using namespace std::chrono_literals;

namespace {

constexpr int clients = 32;

// How many of `created` do not lead where they should.
std::size_t unresolved(std::uint16_t port, const std::vector<Creation>& created) {
  ApiClient api(port);
  return static_cast<std::size_t>(std::count_if(created.begin(), created.end(), [&](const Creation& link) {
    const auto answer = api.get("/" + link.code);
    return answer.status != 302 || answer.header("Location") != link.url;
  }));
}

std::uint64_t base62(const std::string& code) {
  std::uint64_t value = 0;
  for (const char c : code) {
    const int digit = c <= '9' ? c - '0' : c <= 'Z' ? c - 'A' + 10 : c - 'a' + 36;
    value = value * 62 + static_cast<std::uint64_t>(digit);
  }
  return value;
}

// Creates links through `lives` lives of a server that is killed at random; all that was answered 201.
std::vector<Creation> create_through_kills(const std::vector<std::string>& flags, int lives, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_int_distribution<int> delay_ms(20, 400);
  std::vector<Creation> all;
  std::vector<Creation> last;
  for (int life = 0; life <= lives; ++life) {
    ServerProcess server(flags);
    CHECK(unresolved(server.port(), last) == 0);
    if (life == lives) {
      CHECK(unresolved(server.port(), all) == 0);
      CHECK(server.terminate() == 0);
      break;
    }
    Storm storm;
    std::thread creating(
        [&] { storm = create_many({server.port()}, clients, 100'000, "life" + std::to_string(life)); });
    const auto moment = std::chrono::milliseconds{delay_ms(random)} * slowness;
    std::this_thread::sleep_for(moment);  // the kill comes at random
    server.kill();
    creating.join();
    CHECK(storm.others.empty());
    CHECK(storm.broken == clients);  // each was in the middle of something
    last = storm.created;
    all.insert(all.end(), last.begin(), last.end());
  }
  return all;
}

}  // namespace

TEST_CASE("after kill -9 during creation every code answered resolves, and none is given out twice") {
  for (const std::string codes : {"permuted_counter", "counter_block", "snowflake", "random", "hash", "key_pool"}) {
    INFO(codes);
    const TempFolder data;
    const int lives = codes == "permuted_counter" ? 10 : 4;
    const auto created = create_through_kills({"--data", data.path(), "--codes", codes}, lives, 7);
    CHECK(created.size() > static_cast<std::size_t>(lives * clients));
    CHECK(distinct_codes(created) == created.size());
  }
}

TEST_CASE("ids that a kill loses are gaps, and few") {
  const TempFolder data;
  constexpr int lives = 10;
  const auto created = create_through_kills({"--data", data.path(), "--codes", "counter"}, lives, 8);
  CHECK(distinct_codes(created) == created.size());
  std::uint64_t last = 0;
  for (const auto& link : created) {
    last = std::max(last, base62(link.code));
  }
  // Each kill may lose what was under way; reserved words are skipped besides.
  CHECK(last < created.size() + static_cast<std::uint64_t>(lives) * clients * 2 + 200);
}
