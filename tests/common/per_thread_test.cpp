#include "common/per_thread.h"

#include <thread>

#include "tests/support/catch.h"

using common::PerThread;

namespace {

struct alignas(64) Cell {
  std::atomic<std::uint64_t> value{0};
};

std::uint64_t sum(const PerThread<Cell>& cells, std::size_t index) {
  std::uint64_t total = 0;
  cells.each(index, [&](const Cell& cell) { total += cell.value.load(); });
  return total;
}

}  // namespace

TEST_CASE("a thread always gets the same cell, and each index its own, on its own cache line") {
  PerThread<Cell> cells(3);
  Cell& first = cells.local(0);
  REQUIRE(&cells.local(0) == &first);
  REQUIRE(&cells.local(2) != &first);
  REQUIRE(reinterpret_cast<std::uintptr_t>(&first) % 64 == 0);
}

TEST_CASE("cells exist only where a thread asked for them") {
  PerThread<Cell> cells(2);
  int visited = 0;
  cells.each(0, [&](const Cell&) { ++visited; });
  REQUIRE(visited == 0);
  cells.local(1);
  cells.each(0, [&](const Cell&) { ++visited; });
  REQUIRE(visited == 0);
  cells.each(1, [&](const Cell&) { ++visited; });
  REQUIRE(visited == 1);
}

TEST_CASE("one walk visits every thread's cells with their index, and no place that is empty") {
  PerThread<Cell> cells(30'000);
  cells.local(7).value = 1;
  cells.local(29'999).value = 2;
  std::thread other([&] { cells.local(7).value = 4; });
  other.join();
  std::vector<std::pair<std::size_t, std::uint64_t>> visited;
  cells.each_cell([&](std::size_t index, const Cell& cell) { visited.emplace_back(index, cell.value.load()); });
  REQUIRE(visited == std::vector<std::pair<std::size_t, std::uint64_t>>{{7, 1}, {29'999, 2}, {7, 4}});
}

TEST_CASE("what threads count is summed, while they count and after they ended") {
  constexpr std::uint64_t rounds = 20'000;
  PerThread<Cell> cells(2);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (std::uint64_t n = 0; n < rounds; ++n)
        common::add_single_writer(cells.local(n % 2).value, 1);
    });
  }
  std::uint64_t before = 0;
  for (int i = 0; i < 100; ++i) {
    const std::uint64_t now = sum(cells, 0);
    REQUIRE(now >= before);  // a counter never falls
    before = now;
  }
  for (std::thread& thread : threads)
    thread.join();
  REQUIRE(sum(cells, 0) + sum(cells, 1) == 4 * rounds);
}

TEST_CASE("a new instance never sees the cells of a destroyed one") {
  for (int i = 0; i < 10; ++i) {
    PerThread<Cell> cells(1);
    REQUIRE(cells.local(0).value.load() == 0);
    cells.local(0).value = 7;
  }
}
