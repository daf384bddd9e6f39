#include "common/resilience/shedder.h"

#include <optional>
#include <thread>
#include <vector>

#include "tests/support/catch.h"

using common::Shedder;

TEST_CASE("above the bound ordinary requests are refused, critical ones up to the second bound") {
  Shedder shedder(2, 3);
  const auto first = shedder.admit(false);
  const auto second = shedder.admit(false);
  REQUIRE(first);
  REQUIRE(second);
  REQUIRE_FALSE(shedder.admit(false));
  const auto third = shedder.admit(true);
  REQUIRE(third);
  REQUIRE_FALSE(shedder.admit(true));
  REQUIRE(shedder.inflight() == 3);
  REQUIRE(shedder.refused() == 2);
}

TEST_CASE("by default critical requests have a quarter more room, at least one place") {
  Shedder one(1);
  const auto a = one.admit(false);
  const auto b = one.admit(true);
  REQUIRE(b);
  REQUIRE_FALSE(one.admit(true));

  Shedder eight(8);
  std::vector<Shedder::Ticket> tickets;
  for (int i = 0; i < 10; ++i)
    tickets.push_back(eight.admit(true));
  REQUIRE(tickets.back());
  REQUIRE_FALSE(eight.admit(true));
}

TEST_CASE("a ticket gives its place back when it dies, once, wherever it was moved") {
  Shedder shedder(1, 1);
  {
    auto ticket = shedder.admit(false);
    REQUIRE(ticket);
    Shedder::Ticket moved = std::move(ticket);
    REQUIRE(shedder.inflight() == 1);
    std::optional<Shedder::Ticket> kept(std::move(moved));
    REQUIRE_FALSE(shedder.admit(false));
  }
  REQUIRE(shedder.inflight() == 0);
  auto again = shedder.admit(false);
  REQUIRE(again);
  again = Shedder::Ticket();
  REQUIRE(shedder.inflight() == 0);
}

TEST_CASE("threads together never hold more tickets than the bound") {
  constexpr std::size_t bound = 3;
  Shedder shedder(bound, bound);
  std::atomic<std::size_t> holding{0};
  std::atomic<std::size_t> most{0};
  std::atomic<std::uint64_t> refused{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      std::vector<Shedder::Ticket> mine;
      for (int i = 0; i < 10'000; ++i) {
        if (auto ticket = shedder.admit(false)) {
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
