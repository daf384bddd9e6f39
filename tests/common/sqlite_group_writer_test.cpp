// What group_writer.h promises, by the numbers of its list.

#include <algorithm>
#include <array>
#include <atomic>
#include <future>
#include <thread>

#include "tests/common/sqlite_support.h"
#include "tests/support/run_task.h"

using namespace common;
using namespace common::sqlite;
using testing::run_on_threads;
using testing::run_task;
using testing::run_tasks;

namespace {

// Holds the writer thread inside a closure, so that what is written meanwhile becomes the next group.
class Hold {
 public:
  Task<> in(GroupWriter& writer) {
    expect(co_await writer.write([this](Database&) {
      entered_.set_value();
      released_.wait();
    }));
  }
  void wait_until_entered() { entered_.get_future().wait(); }
  void release() { release_.set_value(); }

 private:
  std::promise<void> entered_;
  std::promise<void> release_;
  std::shared_future<void> released_ = release_.get_future().share();
};

// Runs `tasks` as one group: all are queued when the writer is let go.
void run_as_one_group(GroupWriter& writer, std::vector<Task<>> tasks) {
  Hold hold;
  std::thread holder([&] { run_task(hold.in(writer)); });
  hold.wait_until_entered();
  tasks.push_back([](Hold& last) -> Task<> {
    last.release();
    co_return;
  }(hold));
  run_tasks(std::move(tasks));  // started in order: the release comes after all are queued
  holder.join();
}

}  // namespace

TEST_CASE("a write answers what its closure returned and another connection sees it then") {
  const testing::TempFolder folder;
  const auto file = new_file(folder);
  GroupWriter writer(file, {});
  CHECK(run_task(insert(writer, 1)).value() == 1);
  CHECK(count(file) == 1);
}

TEST_CASE("nothing is acknowledged before the whole group is committed") {
  const testing::TempFolder folder;
  const auto file = new_file(folder);
  GroupWriter writer(file, {});
  Hold hold;
  std::thread holder([&] { run_task(hold.in(writer)); });
  hold.wait_until_entered();

  // The second write joins the group after; both of that group have run once the third holds it open.
  Hold open;
  std::atomic<bool> answered = false;
  std::thread client([&] {
    std::vector<Task<>> tasks;
    tasks.push_back([](GroupWriter& w, std::atomic<bool>& flag) -> Task<> {
      expect(co_await insert(w, 1));
      flag = true;
    }(writer, answered));
    tasks.push_back(open.in(writer));
    tasks.push_back([](Hold& first) -> Task<> {
      first.release();
      co_return;
    }(hold));
    run_tasks(std::move(tasks));
  });
  open.wait_until_entered();
  CHECK_FALSE(answered);
  CHECK(count(file) == 0);
  open.release();
  client.join();
  holder.join();
  CHECK(answered);
  CHECK(count(file) == 1);
}

TEST_CASE("a closure that throws undoes its own writes and no others of its group") {
  const testing::TempFolder folder;
  const auto file = new_file(folder);
  GroupWriter writer(file, {});
  constexpr int bad = 3;
  std::array<std::optional<Error>, 6> errors;
  std::vector<Task<>> tasks;
  for (int i = 0; i < 6; ++i) {
    tasks.push_back([](GroupWriter& w, int number, std::optional<Error>& error) -> Task<> {
      const auto written = co_await w.write([number](Database& database) {
        database.run("INSERT INTO t (i) VALUES (?)", number);
        if (number == bad) throw std::runtime_error("changed my mind");
      });
      if (!written) error = written.error();
    }(writer, i, errors[static_cast<std::size_t>(i)]));
  }
  run_as_one_group(writer, std::move(tasks));

  CHECK(count(file) == 5);
  CHECK(count(file, "SELECT count(*) FROM t WHERE i = 3") == 0);
  for (int i = 0; i < 6; ++i) {
    const auto& error = errors[static_cast<std::size_t>(i)];
    CHECK(error.has_value() == (i == bad));
  }
  CHECK(errors[bad]->kind == Failure::internal);
  CHECK(errors[bad]->message == "changed my mind");
  CHECK(writer.counts().replays == 1);
  CHECK(writer.counts().commits == 2);
}

TEST_CASE("each closure of a group sees what those before it wrote") {
  const testing::TempFolder folder;
  const auto file = new_file(folder);
  GroupWriter writer(file, {});
  std::vector<std::int64_t> seen;
  std::vector<Task<>> tasks;
  for (int i = 0; i < 50; ++i) {
    tasks.push_back([](GroupWriter& w, std::vector<std::int64_t>& order) -> Task<> {
      const auto number = co_await w.write([](Database& database) {
        database.run("INSERT INTO t DEFAULT VALUES");
        auto rows = database.query("SELECT count(*) FROM t");
        return rows.next() ? rows.integer(0) : 0;
      });
      order.push_back(number.value());
    }(writer, seen));
  }
  run_as_one_group(writer, std::move(tasks));
  REQUIRE(seen.size() == 50);
  for (std::size_t i = 0; i < seen.size(); ++i)
    CHECK(seen[i] == static_cast<std::int64_t>(i + 1));
  CHECK(writer.counts().commits == 2);
}

TEST_CASE("a COMMIT that fails has happened for nobody of the group") {
  const testing::TempFolder folder;
  const auto file = new_file(folder);
  GroupWriter writer(file, {});
  std::vector<Failure> failures;
  std::vector<Task<>> tasks;
  for (int i = 0; i < 3; ++i) {
    tasks.push_back([](GroupWriter& w, int number, std::vector<Failure>& kinds) -> Task<> {
      const auto written = co_await w.write([number](Database& database) {
        const auto refuse = [](void*) { return 1; };
        if (number == 1) sqlite3_commit_hook(database.handle(), refuse, nullptr);
        database.run("INSERT INTO t (i) VALUES (?)", number);
      });
      if (!written) kinds.push_back(written.error().kind);
    }(writer, i, failures));
  }
  run_as_one_group(writer, std::move(tasks));
  CHECK(failures == std::vector<Failure>(3, Failure::unavailable));
  CHECK(count(file) == 0);
  CHECK(writer.counts().failures == 1);
}

TEST_CASE("a full disk fails the group and the writer goes on when there is room again") {
  const testing::TempFolder folder;
  const auto file = new_file(folder);
  GroupWriter writer(file, {});
  const auto pages_max = [](Database& database, int pages) {
    database.execute("PRAGMA max_page_count = " + std::to_string(pages));
  };
  const auto insert_bytes = [&writer]() -> Task<Result<int>> {
    return writer.write(
        [](Database& database) { return database.run("INSERT INTO t (bytes) VALUES (zeroblob(100000))"); });
  };
  REQUIRE(run_task(writer.write([&](Database& database) { pages_max(database, 10); })).has_value());
  const auto full = run_task(insert_bytes());
  REQUIRE(full.has_error());
  CHECK(full.error().kind == Failure::unavailable);
  CHECK(count(file) == 0);
  CHECK(writer.trouble());
  REQUIRE(run_task(writer.write([&](Database& database) { pages_max(database, 100000); })).has_value());
  CHECK_FALSE(writer.trouble());
  CHECK(run_task(insert_bytes()).has_value());
  CHECK(count(file) == 1);
}

TEST_CASE(
    "a closure that swallows the end of its transaction fails the group rather than going on "
    "outside of it") {
  const testing::TempFolder folder;
  const auto file = new_file(folder);
  GroupWriter writer(file, {});
  const auto result = run_task(writer.write([](Database& database) {
    database.run("INSERT INTO t (i) VALUES (1)");
    database.execute("ROLLBACK");
  }));
  REQUIRE(result.has_error());
  CHECK(result.error().kind == Failure::unavailable);
  CHECK(count(file) == 0);
  CHECK(run_task(insert(writer, 2)).has_value());
}

TEST_CASE("a lock that another process keeps is unavailable after the busy timeout") {
  const testing::TempFolder folder;
  auto file = new_file(folder);
  Database other(file);
  file.busy_timeout = std::chrono::milliseconds{20};
  GroupWriter writer(file, {});
  other.execute("BEGIN IMMEDIATE");
  const auto refused = run_task(insert(writer, 1));
  REQUIRE(refused.has_error());
  CHECK(refused.error().kind == Failure::unavailable);
  other.execute("ROLLBACK");
  CHECK(run_task(insert(writer, 1)).has_value());
}

TEST_CASE("a full queue refuses at once") {
  const testing::TempFolder folder;
  GroupWriter writer(new_file(folder), {.queue_max = 2});
  std::vector<Result<int>> results;
  std::vector<Task<>> tasks;
  for (int i = 0; i < 4; ++i) {
    tasks.push_back([](GroupWriter& w, int number, std::vector<Result<int>>& all) -> Task<> {
      all.push_back(co_await insert(w, number));
    }(writer, i, results));
  }
  run_as_one_group(writer, std::move(tasks));
  REQUIRE(results.size() == 4);
  const auto overloaded = [](const Result<int>& result) {
    return result.has_error() && result.error().kind == Failure::overloaded;
  };
  CHECK(std::count_if(results.begin(), results.end(), overloaded) == 2);
}

TEST_CASE("stop commits what was accepted and refuses what comes later") {
  const testing::TempFolder folder;
  const auto file = new_file(folder);
  GroupWriter writer(file, {.group_max = 4});
  std::vector<Result<int>> results;
  std::vector<Task<>> tasks;
  for (int i = 0; i < 10; ++i) {
    tasks.push_back([](GroupWriter& w, int number, std::vector<Result<int>>& all) -> Task<> {
      all.push_back(co_await insert(w, number));
    }(writer, i, results));
  }
  std::thread stopper;
  tasks.push_back([](GroupWriter& w, std::thread& thread) -> Task<> {
    thread = std::thread([&w] { w.stop(); });
    co_return;
  }(writer, stopper));
  run_as_one_group(writer, std::move(tasks));
  stopper.join();
  CHECK(std::all_of(results.begin(), results.end(), [](const auto& result) { return result.has_value(); }));
  CHECK(count(file) == 10);
  CHECK(writer.counts().commits == 4);

  const auto late = run_task(insert(writer, 11));
  REQUIRE(late.has_error());
  CHECK(late.error().kind == Failure::closed);
}

TEST_CASE("each caller goes on on its own thread") {
  const testing::TempFolder folder;
  const auto file = new_file(folder);
  GroupWriter writer(file, {});
  run_on_threads(4, [&](std::size_t thread) -> Task<> {
    const auto me = std::this_thread::get_id();
    for (int i = 0; i < 20; ++i) {
      expect(co_await insert(writer, static_cast<int>(thread) * 100 + i));
      if (std::this_thread::get_id() != me) throw std::runtime_error("elsewhere");
    }
  });
  CHECK(count(file) == 80);
}
