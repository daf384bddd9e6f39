#include "common/resilience/shedder.h"

#include <optional>
#include <thread>
#include <vector>

#include "tests/support/catch.h"

using common::Shedder;

TEST_CASE("above the bound requests are refused and counted") {
  Shedder shedder(2);
  const auto first = shedder.admit();
  const auto second = shedder.admit();
  REQUIRE(first);
  REQUIRE(second);
  REQUIRE_FALSE(shedder.admit());
  REQUIRE(shedder.inflight() == 2);
  REQUIRE(shedder.refused() == 1);
}

TEST_CASE("a ticket gives its place back when it dies, once, wherever it was moved") {
  Shedder shedder(1);
  {
    auto ticket = shedder.admit();
    REQUIRE(ticket);
    Shedder::Ticket moved = std::move(ticket);
    REQUIRE(shedder.inflight() == 1);
    std::optional<Shedder::Ticket> kept(std::move(moved));
    REQUIRE_FALSE(shedder.admit());
  }
  REQUIRE(shedder.inflight() == 0);
  auto again = shedder.admit();
  REQUIRE(again);
  again = Shedder::Ticket();
  REQUIRE(shedder.inflight() == 0);
}

TEST_CASE("threads together never hold more tickets than the bound") {
  constexpr std::size_t bound = 3;
  Shedder shedder(bound);
  std::atomic<std::size_t> holding{0};
  std::atomic<std::size_t> most{0};
  std::atomic<std::uint64_t> refused{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      std::vector<Shedder::Ticket> mine;
      for (int i = 0; i < 10'000; ++i) {
        if (auto ticket = shedder.admit()) {
          const std::size_t now = ++holding;
          std::size_t before = most.load();
          while (now > before && !most.compare_exchange_weak(before, now)) {
          }
          mine.push_back(std::move(ticket));
        } else {
          ++refused;
        }
        if (i % 3 == 0) {
          holding -= mine.size();
          mine.clear();
        }
      }
      holding -= mine.size();
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  REQUIRE(most <= bound);
  REQUIRE(shedder.inflight() == 0);
  REQUIRE(shedder.refused() == refused);
}
