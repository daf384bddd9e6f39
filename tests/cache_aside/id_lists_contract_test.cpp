// What cached lists of ids promise (cache_aside/id_lists.h), in memory and in a real Redis.

#include <functional>
#include <iostream>

#include "cache_aside/id_lists_memory.h"
#include "cache_aside/id_lists_redis.h"
#include "common/random.h"
#include "common/text.h"
#include "tests/support/catch.h"
#include "tests/support/redis_service.h"

using namespace cache_aside;
using namespace std::chrono_literals;
using common::Task;

namespace {

using Ids = std::vector<std::uint64_t>;

// Here what needs no service; the rest with services (tests/CMakeLists.txt).
#ifndef LIST_KINDS
#define LIST_KINDS "memory"
#endif

void with_lists(const std::function<Task<>(IdLists& lists)>& test) {
  const common::SystemClock clock;
  const IdLists::Options options{.entries_max = 5, .ttl = 60s};
  const std::string kind = LIST_KINDS;
  INFO(kind);
  if (kind == "memory") {
    common::Runtime runtime(1);
    IdListsMemory memory(clock, options);
    return runtime.run(test(memory));
  }
  const auto endpoint = testing::redis_service();
  if (!endpoint) return;
  common::Runtime runtime(1);
  const auto digits = common::hex_digits(common::SecureRandom().next());
  ServerRedis server(
      runtime, {.endpoint = *endpoint, .store = {digits.data(), digits.size()}, .timeout = 10s, .settling = 0s}, clock);
  IdListsRedis redis(server, options);
  const auto main = [&]() -> Task<> {
    while (!server.generation())
      co_await common::sleep_for(1ms);  // until it is connected
    co_await test(redis);
    co_await runtime.shut_down(10s);
  };
  runtime.run(main());
}

Task<bool> fill(IdLists& lists, std::string name, Ids ids) {
  std::string ticket = co_await lists.ticket(name);
  co_return co_await lists.fill(name, std::move(ids), std::move(ticket));
}

Task<> push(IdLists& lists, std::string name, std::uint64_t id) {
  std::vector<std::string> names(1, name);
  const bool done = co_await lists.push(std::move(names), id);
  CHECK(done);
}

Task<> expect(IdLists& lists, std::string name, std::optional<Ids> ids, std::uint64_t below = UINT64_MAX,
              std::size_t limit = 100) {
  const auto found = co_await lists.read(name, below, limit);
  CHECK(found == ids);
}

Ids of(std::initializer_list<std::uint64_t> ids) {
  return ids;
}

}  // namespace

TEST_CASE("a list is cold until it is filled, stays in order whatever order posts come in, and holds so many") {
  with_lists([](IdLists& lists) -> Task<> {
    co_await expect(lists, "a", std::nullopt);
    co_await push(lists, "a", 9);
    co_await expect(lists, "a", std::nullopt);
    const Ids first = of({30, 20, 0});
    const bool filled = co_await fill(lists, "a", first);
    CHECK(filled);
    co_await expect(lists, "a", first);
    for (const std::uint64_t id : {40, 25, 40, 25, 10})
      co_await push(lists, "a", id);
    const Ids all = of({40, 30, 25, 20, 10});
    co_await expect(lists, "a", all);
    co_await push(lists, "a", 5);
    co_await expect(lists, "a", all);
    co_await push(lists, "a", 50);
    const Ids page = of({50, 40});
    co_await expect(lists, "a", page, UINT64_MAX, 2);
    const Ids next = of({30, 25});
    co_await expect(lists, "a", next, 40, 2);
    co_await lists.forget("a");
    co_await expect(lists, "a", std::nullopt);
  });
}

TEST_CASE("a rebuild that a push or a forgetting has overtaken is refused") {
  with_lists([](IdLists& lists) -> Task<> {
    const Ids ids = of({1, 0});
    std::string ticket = co_await lists.ticket("a");
    co_await push(lists, "a", 2);
    const bool overtaken = co_await lists.fill("a", ids, ticket);
    CHECK_FALSE(overtaken);
    ticket = co_await lists.ticket("a");
    co_await lists.forget("a");
    const bool forgotten = co_await lists.fill("a", ids, ticket);
    CHECK_FALSE(forgotten);
    ticket = co_await lists.ticket("a");
    const bool filled = co_await lists.fill("a", ids, ticket);
    CHECK(filled);
    const bool twice = co_await lists.fill("a", ids, ticket);
    CHECK_FALSE(twice);
  });
}

TEST_CASE("rebuilds of one list at the same time void none of each other, and a push voids all of them") {
  with_lists([](IdLists& lists) -> Task<> {
    const Ids ids = of({1, 0});
    const std::string early = co_await lists.ticket("a");
    const std::string late = co_await lists.ticket("a");
    const bool filled = co_await lists.fill("a", ids, early);
    CHECK(filled);
    co_await push(lists, "a", 2);
    const bool again = co_await lists.fill("a", ids, late);  // without the push
    CHECK_FALSE(again);
    const Ids all = of({2, 1, 0});
    co_await expect(lists, "a", all);
    co_await lists.forget("a");
    const std::string one = co_await lists.ticket("a");
    const std::string two = co_await lists.ticket("a");
    co_await push(lists, "a", 3);
    for (const auto& ticket : std::vector<std::string>(std::initializer_list<std::string>{one, two})) {
      const bool overtaken = co_await lists.fill("a", ids, ticket);
      CHECK_FALSE(overtaken);
    }
  });
}

TEST_CASE("one push reaches many lists, more than fit into one script") {
  with_lists([](IdLists& lists) -> Task<> {
    std::vector<std::string> names;
    const Ids before = of({1, 0});
    for (int i = 0; i < 450; ++i) {
      names.push_back("list " + std::to_string(i));
      if (i % 2 == 0) co_await fill(lists, names.back(), before);
    }
    const bool done = co_await lists.push(names, 7);
    CHECK(done);
    const Ids after = of({7, 1, 0});
    for (int i : {0, 198, 200, 448})
      co_await expect(lists, names[static_cast<std::size_t>(i)], after);
    co_await expect(lists, names[449], std::nullopt);
  });
}

// Why a list: the usual answer is a sorted set, by time.
TEST_CASE("800 ids of 19 digits take a tenth as much memory in a list as in a sorted set") {
  if (std::string(LIST_KINDS) != "redis") return;
  const auto endpoint = testing::redis_service();
  if (!endpoint) return;
  const common::redis::Client::Options options{.connection = {.endpoint = *endpoint}, .timeout = 10s};
  testing::with_redis(options, 1, [](common::redis::Client& redis, common::Runtime&) -> Task<> {
    const auto digits = common::hex_digits(common::SecureRandom().next());
    const std::string name(digits.data(), digits.size());
    const std::string list = name + ":list";
    const std::string set = name + ":set";
    for (std::uint64_t i = 0; i < 800; ++i) {
      const std::string id = std::to_string(1'900'000'000'000'000'000 + i * 7'919'000'000);
      (void)co_await redis.command("LPUSH", list, id);
      (void)co_await redis.command("ZADD", set, id, id);
    }
    const auto as_list = co_await redis.command("MEMORY", "USAGE", list, "SAMPLES", "0");
    const auto as_set = co_await redis.command("MEMORY", "USAGE", set, "SAMPLES", "0");
    (void)co_await redis.command("DEL", list, set);
    std::cout << "a feed of 800 ids in Redis: " << as_list->integer << " bytes as a list, " << as_set->integer
              << " as a sorted set" << std::endl;
    CHECK(as_set->integer > 8 * as_list->integer);
  });
}
