#include "url_shortener/shard_ring.h"

#include "tests/support/catch.h"

using url_shortener::ShardRing;

namespace {

constexpr int keys = 100'000;

std::string key(int number) {
  return "code-" + std::to_string(number);
}

}  // namespace

TEST_CASE("every key has an owner, and the same in every process") {
  const ShardRing ring(4);
  const ShardRing again(4);
  for (int i = 0; i < keys; ++i) {
    CHECK(ring.owner(key(i)) < 4);
    CHECK(ring.owner(key(i)) == again.owner(key(i)));
  }
  // Links lie where these say: whoever changes the ring moves them all.
  CHECK(ring.owner("abc") == 2);
  CHECK(ring.owner("abd") == 2);
}

TEST_CASE("shards have about the same share") {
  for (const std::size_t shards : {2u, 3u, 8u}) {
    const ShardRing ring(shards);
    std::vector<int> owned(shards);
    for (int i = 0; i < keys; ++i)
      ++owned[ring.owner(key(i))];
    for (const int each : owned) {
      CHECK(each > 0.75 * keys / static_cast<double>(shards));
      CHECK(each < 1.25 * keys / static_cast<double>(shards));
    }
  }
}

TEST_CASE("a new shard takes its share from all others, and nothing else moves") {
  const ShardRing before(4);
  const ShardRing after(5);
  int moved = 0;
  int to_others = 0;
  for (int i = 0; i < keys; ++i) {
    const auto owner = after.owner(key(i));
    if (owner == before.owner(key(i))) continue;
    ++moved;
    to_others += owner != 4;
  }
  CHECK(to_others == 0);
  CHECK(moved > 0.15 * keys);
  CHECK(moved < 0.25 * keys);
}

TEST_CASE("a ring without a shard is a mistake") {
  CHECK_THROWS_AS(ShardRing(0), std::invalid_argument);
}
