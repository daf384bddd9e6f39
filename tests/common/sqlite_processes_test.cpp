// Several writers of one file, in one process and in several; what a crash leaves; how long the log gets.

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/common/sqlite_support.h"
#include "tests/support/child_process.h"
#include "tests/support/run_task.h"

using namespace common;
using namespace common::sqlite;
using testing::run_on_threads;
using testing::run_task;
using testing::run_tasks;

namespace {

Task<> increment(GroupWriter& writer, int times) {
  for (int i = 0; i < times; ++i) {
    expect(co_await writer.write([](Database& database) {
      auto rows = database.query("SELECT coalesce(max(i), 0) FROM t");
      const std::int64_t next = rows.next() ? rows.integer(0) + 1 : 0;
      database.run("INSERT INTO t (i) VALUES (?)", next);
    }));
  }
}

}  // namespace

TEST_CASE("two writers of one file never come between another's reading and writing") {
  const testing::TempFolder folder;
  const auto file = new_file(folder);
  GroupWriter one(file, {});
  GroupWriter two(file, {});
  run_on_threads(4, [&](std::size_t thread) { return increment(thread % 2 == 0 ? one : two, 50); });
  CHECK(count(file) == 200);
  CHECK(count(file, "SELECT max(i) FROM t") == 200);
}

// Started by the test below, in processes of their own; by itself it does nothing.
TEST_CASE("one process of several that write to one file", "[.]") {
  const char* path = std::getenv("GROUP_WRITER_FILE");
  if (path == nullptr) return;
  OpenOptions file;
  file.file = path;
  GroupWriter writer(file, {});
  run_task(increment(writer, 100));
}

TEST_CASE("two processes that write to one file take turns and lose nothing") {
  const testing::TempFolder folder;
  const auto file = new_file(folder);
  const std::string program = std::filesystem::read_symlink("/proc/self/exe").string();
  const std::vector<std::string> arguments{program, "one process of several that write to one file"};
  const testing::Environment environment{{"GROUP_WRITER_FILE", file.file.string()}};
  testing::ChildProcess one(arguments, environment);
  testing::ChildProcess two(arguments, environment);
  CHECK(one.wait(std::chrono::seconds{60}) == 0);
  CHECK(two.wait(std::chrono::seconds{60}) == 0);
  CHECK(count(file) == 200);
  CHECK(count(file, "SELECT max(i) FROM t") == 200);
}

// Likewise: says on stdout what was acknowledged, until it is killed.
TEST_CASE("a process that writes until it is killed", "[.]") {
  const char* path = std::getenv("GROUP_WRITER_FILE");
  if (path == nullptr) return;
  OpenOptions file;
  file.file = path;
  GroupWriter writer(file, {});
  std::vector<Task<>> tasks;
  for (int i = 0; i < 16; ++i) {
    tasks.push_back([](GroupWriter& w, int first) -> Task<> {
      for (int number = first;; number += 16) {
        expect(co_await insert(w, number));
        std::printf("%d\n", number);
        std::fflush(stdout);
      }
    }(writer, i));
  }
  run_tasks(std::move(tasks));
}

TEST_CASE("what was acknowledged is there after kill -9") {
  const testing::TempFolder folder;
  const auto file = new_file(folder);
  const std::string program = std::filesystem::read_symlink("/proc/self/exe").string();
  testing::ChildProcess child({program, "a process that writes until it is killed"},
                              {{"GROUP_WRITER_FILE", file.file.string()}});
  std::vector<std::string> acknowledged;
  while (acknowledged.size() < 200) {
    auto line = child.read_line(std::chrono::seconds{30});
    if (line.find_first_not_of("0123456789") == std::string::npos) acknowledged.push_back(line);
  }
  child.kill();

  Database database(file);
  int missing = 0;
  for (const auto& number : acknowledged)
    missing += !database.query("SELECT 1 FROM t WHERE i = ?", std::stoi(number)).next();
  CHECK(missing == 0);
  CHECK(count(file, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'") == 1);
}

namespace {

// The WAL's header counts how often it has started over (https://sqlite.org/fileformat2.html#walformat).
unsigned times_started_over(const OpenOptions& file) {
  std::ifstream wal(file.file.string() + "-wal", std::ios::binary);
  std::array<unsigned char, 16> header{};
  wal.read(reinterpret_cast<char*>(header.data()), header.size());
  return unsigned{header[12]} << 24 | header[13] << 16 | header[14] << 8 | header[15];
}

}  // namespace

TEST_CASE("the log starts over while writers never pause") {
  const testing::TempFolder folder;
  const auto file = new_file(folder);
  GroupWriter writer(file, {.checkpoint_pages = 20});
  REQUIRE(run_task(insert(writer, 1)).has_value());
  const unsigned before = times_started_over(file);
  constexpr int writes_max = 20000;
  std::vector<Task<>> tasks;
  for (int i = 0; i < 8; ++i) {
    tasks.push_back([](GroupWriter& w, const OpenOptions& where, unsigned start) -> Task<> {
      for (int n = 0; n < writes_max / 8 && times_started_over(where) < start + 3; ++n) {
        expect(co_await w.write(
            [](Database& database) { database.run("INSERT INTO t (bytes) VALUES (randomblob(2000))"); }));
      }
    }(writer, file, before));
  }
  run_tasks(std::move(tasks));
  CHECK(times_started_over(file) >= before + 3);
}
