#include "url_shortener/link_cache_local.h"

#include <string>
#include <thread>

#include "tests/support/catch.h"

using namespace std::chrono_literals;
using url_shortener::CachedLink;
using url_shortener::LinkCacheLocal;

namespace {

constexpr common::Instant start{1h};

CachedLink to(const std::string& url) {
  CachedLink link;
  link.headers = "Location: " + url + "\r\n";
  return link;
}

// A link that says which change it was read after.
CachedLink at(int change) {
  CachedLink link;
  link.headers = std::to_string(change);
  return link;
}

int number_of(const CachedLink& link) {
  return std::stoi(link.headers);
}

void put(LinkCacheLocal& cache, std::size_t thread, const std::string& code, common::Instant now = start) {
  cache.put(thread, code, to(code), cache.stamp(code), now);
}

std::size_t count(LinkCacheLocal& cache, int codes, common::Instant now = start) {
  std::size_t found = 0;
  for (int i = 0; i < codes; ++i) {
    if (cache.find(0, std::to_string(i), now) != nullptr) ++found;
  }
  return found;
}

}  // namespace

TEST_CASE("what was put is found, on the thread that put it") {
  LinkCacheLocal cache(2, 100, 2s);
  CHECK(cache.find(0, "abc", start) == nullptr);
  put(cache, 0, "abc");
  const auto* const found = cache.find(0, "abc", start);
  REQUIRE(found != nullptr);
  CHECK(found->headers == "Location: abc\r\n");
  CHECK(cache.find(1, "abc", start) == nullptr);
  CHECK(cache.find(0, "ab", start) == nullptr);
}

TEST_CASE("a change is seen by every thread's next look-up") {
  LinkCacheLocal cache(2, 100, 2s);
  put(cache, 0, "abc");
  put(cache, 1, "abc");
  cache.invalidate("abc");
  CHECK(cache.find(0, "abc", start) == nullptr);
  CHECK(cache.find(1, "abc", start) == nullptr);
}

TEST_CASE("a load that began before a change cannot outlive it") {
  LinkCacheLocal cache(1, 100, 2s);
  const auto stamp = cache.stamp("abc");  // the store is read here, and gives the old row
  cache.invalidate("abc");                // the row changes, and its writer says so
  cache.put(0, "abc", to("old"), stamp, start);
  CHECK(cache.find(0, "abc", start) == nullptr);
}

TEST_CASE("an entry is read again after its time, however often it is asked for") {
  LinkCacheLocal cache(1, 100, 2s);
  put(cache, 0, "abc");
  for (auto now = start; now < start + 2s; now += 100ms) {
    CHECK(cache.find(0, "abc", now) != nullptr);
  }
  CHECK(cache.find(0, "abc", start + 2s) == nullptr);
  CHECK(cache.find(0, "abc", start) == nullptr);  // dropped, not hidden
}

TEST_CASE("a thread holds at most entries_max links, and keeps those that are asked for") {
  LinkCacheLocal cache(1, 100, 2s);
  for (int i = 0; i < 10'000; ++i) {
    put(cache, 0, std::to_string(i));
    REQUIRE(cache.find(0, "0", start) != nullptr);  // popular: it stays through every turn-over
  }
  const std::size_t kept = count(cache, 10'000);
  CHECK(kept <= 100);
  CHECK(kept >= 50);
}

TEST_CASE("a put replaces what was there") {
  LinkCacheLocal cache(1, 100, 2s);
  put(cache, 0, "abc");
  cache.put(0, "abc", to("https://example.com"), cache.stamp("abc"), start);
  CHECK(cache.find(0, "abc", start)->headers == "Location: https://example.com\r\n");
}

TEST_CASE("a cache of no entries keeps nothing") {
  LinkCacheLocal cache(1, 0, 2s);
  put(cache, 0, "abc");
  CHECK(cache.find(0, "abc", start) == nullptr);
}

// The writer raises a number and then the epoch; the reader takes the stamp, then the number.
// Whatever is cached is never older than what the reader has been told is there (invariants 1 and
// 2), under any interleaving that comes up.
TEST_CASE("under racing changes no look-up finds a link older than one already announced") {
  constexpr int changes = 20'000;
  LinkCacheLocal cache(2, 100, 1h);
  std::atomic<int> stored{0};
  std::atomic<int> announced{0};
  std::thread writer([&] {
    for (int i = 1; i <= changes; ++i) {
      stored = i;
      cache.invalidate("abc");
      announced = i;
    }
  });
  int stale = 0;
  while (announced < changes) {
    const int at_least = announced;
    if (const auto* const link = cache.find(1, "abc", start)) {
      if (number_of(*link) < at_least) ++stale;
      continue;
    }
    const auto stamp = cache.stamp("abc");
    const int read = stored;
    cache.put(1, "abc", at(read), stamp, start);
  }
  writer.join();
  CHECK(stale == 0);
}

TEST_CASE("that there is no such code is believed for a second at most") {
  LinkCacheLocal cache(1, 100, 2s);
  CachedLink absent;
  absent.kind = CachedLink::Kind::absent;
  cache.put(0, "abc", absent, cache.stamp("abc"), start);
  REQUIRE(cache.find(0, "abc", start + 1s - 1ns) != nullptr);
  CHECK(cache.find(0, "abc", start + 999ms)->kind == CachedLink::Kind::absent);
  CHECK(cache.find(0, "abc", start + 1s) == nullptr);
}

TEST_CASE("what is created drops no link from the cache, only that there was none") {
  LinkCacheLocal cache(1, 100, 2s);
  CachedLink absent;
  absent.kind = CachedLink::Kind::absent;
  put(cache, 0, "abc");
  cache.put(0, "new", absent, cache.stamp("new"), start);
  for (int i = 0; i < 100'000; ++i)  // each epoch, some twenty times
    cache.invalidate_absence(std::to_string(i));
  CHECK(cache.find(0, "abc", start) != nullptr);
  CHECK(cache.find(0, "new", start) == nullptr);
}

TEST_CASE("a look-up from before a creation cannot keep that there is nothing") {
  LinkCacheLocal cache(1, 100, 2s);
  CachedLink absent;
  absent.kind = CachedLink::Kind::absent;
  const auto stamp = cache.stamp("abc");  // the store is read here, and has nothing
  cache.invalidate_absence("abc");        // the link is created
  cache.put(0, "abc", absent, stamp, start);
  CHECK(cache.find(0, "abc", start) == nullptr);
}
