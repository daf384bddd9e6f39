// What common/postgres/pool.h promises while the server is well, against the private server.

#include <array>

#include "tests/support/postgres_support.h"

using namespace common;
using namespace common::postgres;
using testing::expect;
using testing::new_schema;
using testing::together;
using testing::with_pool;
using namespace std::chrono_literals;

TEST_CASE("every type comes back as it was sent") {
  const auto schema = new_schema();
  if (!schema) return;
  schema->ask("CREATE TABLE t (id int PRIMARY KEY, big bigint, yes bool, at bigint, words text, bytes bytea, u uuid)");
  with_pool({.url = schema->url()}, [](Pool& pool) -> Task<> {
    const TimePoint at{1'750'000'000'000'001us};
    const std::string bytes("\0\x01\xFF\\'\"", 6);
    const std::string uuid = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11";
    const auto inserted = expect(co_await pool.write("INSERT INTO t VALUES ($1, $2, $3, $4, $5, $6, $7)", 1, INT64_MIN,
                                                     true, at, "déjà \"vu\" \\", Bytea{bytes}, uuid));
    CHECK(inserted.affected() == 1);
    CHECK(inserted.command() == "INSERT 0 1");
    auto rows = expect(co_await pool.read("SELECT id, big, yes, at, words, bytes, u FROM t"));
    REQUIRE(rows.next());
    CHECK(rows.integer(0) == 1);
    CHECK(rows.integer(1) == INT64_MIN);
    CHECK(rows.boolean(2));
    CHECK(rows.time(3) == at);
    CHECK(rows.text(4) == "déjà \"vu\" \\");
    CHECK(rows.bytes(5) == bytes);
    CHECK(rows.text(6) == uuid);
    CHECK_FALSE(rows.next());
  });
}

TEST_CASE("NULL is told apart from empty, and reading what is not there throws") {
  const auto schema = new_schema();
  if (!schema) return;
  with_pool({.url = schema->url()}, [](Pool& pool) -> Task<> {
    auto rows = expect(
        co_await pool.read("SELECT $1::text, $2::text, $3::bigint", std::nullopt, "", std::optional<std::int64_t>()));
    CHECK_THROWS_AS(rows.text(0), std::logic_error);  // before next()
    REQUIRE(rows.next());
    CHECK(rows.is_null(0));
    CHECK_FALSE(rows.is_null(1));
    CHECK(rows.text(1).empty());
    CHECK(rows.is_null(2));
    CHECK_THROWS_AS(rows.integer(2), std::logic_error);
    CHECK_THROWS_AS(rows.integer(1), std::logic_error);
    CHECK_THROWS_AS(rows.text(3), std::logic_error);
    CHECK_THROWS_AS(rows.text(-1), std::logic_error);
    co_return;
  });
}

TEST_CASE("each session begins with session_begin, and is not used when that says why not, or fails") {
  const auto schema = new_schema();
  if (!schema) return;
  Options options{.url = schema->url()};
  options.session_begin = "CREATE TEMPORARY TABLE mine (n int); INSERT INTO mine VALUES (7); SELECT NULL";
  with_pool(options, [](Pool& pool) -> Task<> {
    auto rows = expect(co_await pool.read("SELECT n FROM mine"));
    CHECK(rows.next());
    const auto in_transaction = co_await pool.transaction([](Transaction& t) -> Task<SqlResult<Rows>> {
      co_return co_await t.run("SELECT n FROM mine");  // its sessions too
    });
    CHECK(in_transaction.has_value());
  });
  for (const auto& [begin, said] : {std::pair<std::string, std::string>{"SELECT NULL; SELECT 'not today'", "not today"},
                                    {"SELECT 'not today'; SELECT NULL", "not today"},
                                    {"SELECT 1; SELECT nonsense; SELECT NULL", "nonsense"}}) {
    options.session_begin = begin;
    INFO(begin);
    with_pool(options, [&said = said](Pool& pool) -> Task<> {
      const auto rows = co_await pool.read("SELECT 1");
      const auto failure = rows.has_error() ? rows.error() : SqlError{};
      CHECK(failure.kind == Failure::unavailable);
      CHECK(failure.message.find(said) != std::string::npos);
    });
  }
}

TEST_CASE("arrays insert a batch in one statement") {
  const auto schema = new_schema();
  if (!schema) return;
  schema->ask("CREATE TABLE t (id bigint PRIMARY KEY, words text, at bigint)");
  with_pool({.url = schema->url()}, [](Pool& pool) -> Task<> {
    std::vector<std::int64_t> ids;
    std::vector<std::string> words;
    std::vector<std::optional<TimePoint>> times;
    for (int i = 0; i < 1000; ++i) {
      ids.push_back(i);
      words.push_back(i % 2 == 0 ? "{\"a\\," : "");
      times.push_back(i % 3 == 0 ? std::nullopt : std::optional(TimePoint{std::chrono::microseconds{i}}));
    }
    const auto inserted = expect(co_await pool.write(
        "INSERT INTO t SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[])", ids, words, times));
    CHECK(inserted.affected() == 1000);
    const std::vector<std::int64_t> some = {4, 3};
    auto rows = expect(co_await pool.read("SELECT words, at FROM t WHERE id = ANY($1) ORDER BY id", some));
    REQUIRE(rows.size() == 2);
    REQUIRE(rows.next());
    CHECK(rows.text(0).empty());
    CHECK(rows.is_null(1));
    REQUIRE(rows.next());
    CHECK(rows.text(0) == "{\"a\\,");
    CHECK(rows.integer(1) == 4);
  });
}

TEST_CASE("a value of many megabytes goes there and back") {
  const auto schema = new_schema();
  if (!schema) return;
  schema->ask("CREATE TABLE t (bytes bytea)");
  with_pool({.url = schema->url(), .deadline = 30s}, [](Pool& pool) -> Task<> {
    std::string bytes;
    for (int i = 0; bytes.size() < (8U << 20); ++i)
      bytes += static_cast<char>(i * 31 % 251);
    expect(co_await pool.write("INSERT INTO t VALUES ($1)", Bytea{bytes}));
    auto rows = expect(co_await pool.read("SELECT bytes FROM t"));
    REQUIRE(rows.next());
    CHECK((rows.bytes(0) == bytes));  // parentheses: nobody wants to see both
  });
}

TEST_CASE("64 coroutines on shared connections get their own answers") {
  const auto schema = new_schema();
  if (!schema) return;
  schema->ask(
      "CREATE TABLE t (id int PRIMARY KEY, twice int); INSERT INTO t SELECT i, 2*i FROM generate_series(0,6399) i");
  with_pool({.url = schema->url(), .connections = 2, .deadline = 30s}, [](Pool& pool) -> Task<> {
    std::vector<Task<>> tasks;
    for (int c = 0; c < 64; ++c) {
      tasks.push_back([](Pool& p, int first) -> Task<> {
        for (int i = first; i < first + 100; ++i) {
          auto rows = expect(co_await p.read("SELECT id, twice FROM t WHERE id = $1", i));
          if (!rows.next() || rows.integer(0) != i || rows.integer(1) != 2 * i) throw std::runtime_error("not mine");
          if (i % 10 == 0) expect(co_await p.write("UPDATE t SET twice = twice WHERE id = $1", i));
        }
      }(pool, c * 100));
    }
    co_await together(std::move(tasks));
  });
}

TEST_CASE("each thread of the runtime has connections of its own") {
  const auto schema = new_schema();
  if (!schema) return;
  Runtime runtime(3);
  Pool pool(runtime, {.url = schema->url(), .connections = 4, .deadline = 30s});
  runtime.run([](Runtime& all, Pool& p) -> Task<> {
    const auto use = [](Pool& used, std::size_t thread) -> Task<std::int64_t> {
      std::int64_t sum = 0;
      for (int i = 0; i < 200; ++i) {
        if (current_thread_index() != thread) throw std::runtime_error("elsewhere");
        auto rows = expect(co_await used.read("SELECT $1::bigint", i));
        if (rows.next()) sum += rows.integer(0);
      }
      co_return sum;
    };
    std::vector<Task<>> tasks;
    std::array<std::int64_t, 3> sums{};
    for (std::size_t i = 0; i < 3; ++i) {
      tasks.push_back([](Task<std::int64_t> task, Executor on, std::int64_t& sum) -> Task<> {
        sum = co_await asio::co_spawn(on, std::move(task), use_task);
      }(use(p, i), all.executor(i), sums[i]));
    }
    co_await together(std::move(tasks));
    CHECK(sums == std::array<std::int64_t, 3>{19900, 19900, 19900});
    co_await p.stop();
  }(runtime, pool));
}

TEST_CASE("a unique violation names its code and its constraint, and the row that was there stays") {
  const auto schema = new_schema();
  if (!schema) return;
  schema->ask("CREATE TABLE t (id int CONSTRAINT one_of_each PRIMARY KEY, n int CHECK (n > 0))");
  with_pool({.url = schema->url()}, [](Pool& pool) -> Task<> {
    expect(co_await pool.write("INSERT INTO t VALUES ($1, $2)", 1, 5));
    const auto again = co_await pool.write("INSERT INTO t VALUES ($1, $2)", 1, 6);
    REQUIRE(again.has_error());
    CHECK(again.error().is(sqlstate::unique_violation));
    CHECK(again.error().constraint == "one_of_each");
    CHECK(again.error().kind == Failure::invalid);
    CHECK(again.error().message.find("(1)") == std::string::npos);  // the row's values stay with the server
    const auto negative = co_await pool.write("INSERT INTO t VALUES ($1, $2)", 2, -1);
    REQUIRE(negative.has_error());
    CHECK(negative.error().is(sqlstate::check_violation));
    auto rows = expect(co_await pool.read("SELECT n FROM t"));
    REQUIRE(rows.next());
    CHECK(rows.integer(0) == 5);
  });
}

TEST_CASE("a constraint that is checked at the commit fails the write, which is not answered before") {
  const auto schema = new_schema();
  if (!schema) return;
  schema->ask("CREATE TABLE a (id int PRIMARY KEY)");
  schema->ask("CREATE TABLE b (id int REFERENCES a DEFERRABLE INITIALLY DEFERRED)");
  with_pool({.url = schema->url(), .connections = 1}, [](Pool& pool) -> Task<> {
    std::vector<Task<>> tasks;
    for (int i = 0; i < 6; ++i) {
      tasks.push_back([](Pool& p, int n) -> Task<> {
        const bool good = n % 2 == 0;
        const Sql sql = good ? Sql("INSERT INTO a VALUES ($1)") : Sql("INSERT INTO b VALUES ($1)");
        auto written = co_await p.write(sql, n);
        if (good) expect(std::move(written));
        if (!good && !(written.has_error() && written.error().is(sqlstate::foreign_key_violation))) {
          throw std::runtime_error("a dangling reference was accepted");
        }
      }(pool, i));
    }
    co_await together(std::move(tasks));
    auto rows = expect(co_await pool.read("SELECT (SELECT count(*) FROM a), (SELECT count(*) FROM b)"));
    REQUIRE(rows.next());
    CHECK(rows.integer(0) == 3);
    CHECK(rows.integer(1) == 0);
  });
}

TEST_CASE("an error among reads that left together fails that read alone") {
  const auto schema = new_schema();
  if (!schema) return;
  with_pool({.url = schema->url(), .connections = 1}, [](Pool& pool) -> Task<> {
    std::vector<Task<>> tasks;
    std::array<bool, 9> failed{};
    for (int i = 0; i < 9; ++i) {
      tasks.push_back([](Pool& p, int n, bool& error) -> Task<> {
        // 4 fails when run, 6 when prepared.
        const Sql sql = n == 6 ? Sql("SELECT $1::int, no_such_column") : Sql("SELECT 100 / ($1::int - 4)");
        auto rows = co_await p.read(sql, n);
        error = rows.has_error();
        if (!error && !(rows->next() && rows->integer(0) == 100 / (n - 4))) throw std::runtime_error("not mine");
      }(pool, i, failed[static_cast<std::size_t>(i)]));
    }
    co_await together(std::move(tasks));
    CHECK(failed == std::array<bool, 9>{false, false, false, false, true, false, true, false, false});
  });
}

TEST_CASE("an error in one write leaves the writes that left with it alone") {
  const auto schema = new_schema();
  if (!schema) return;
  schema->ask("CREATE TABLE t (id int PRIMARY KEY)");
  with_pool({.url = schema->url(), .connections = 1}, [](Pool& pool) -> Task<> {
    std::vector<Task<>> tasks;
    std::array<bool, 8> failed{};
    for (int i = 0; i < 8; ++i) {
      tasks.push_back([](Pool& p, int n, bool& error) -> Task<> {
        error = (co_await p.write("INSERT INTO t VALUES ($1)", n == 5 ? 0 : n)).has_error();
      }(pool, i, failed[static_cast<std::size_t>(i)]));
    }
    co_await together(std::move(tasks));
    CHECK(failed == std::array<bool, 8>{false, false, false, false, false, true, false, false});
    auto rows = expect(co_await pool.read("SELECT count(*) FROM t"));
    REQUIRE(rows.next());
    CHECK(rows.integer(0) == 7);
  });
}

TEST_CASE("a statement is prepared again when its table has changed or the server has forgotten it") {
  const auto schema = new_schema();
  if (!schema) return;
  schema->ask("CREATE TABLE t (id int); INSERT INTO t VALUES (1)");
  with_pool({.url = schema->url(), .connections = 1}, [&](Pool& pool) -> Task<> {
    auto before = expect(co_await pool.read("SELECT * FROM t"));
    REQUIRE(before.next());
    CHECK_THROWS(before.text(1));
    schema->ask("ALTER TABLE t ADD COLUMN n int DEFAULT 7");
    auto after = expect(co_await pool.read("SELECT * FROM t"));
    REQUIRE(after.next());
    CHECK(after.integer(1) == 7);
    expect(co_await pool.write("DEALLOCATE ALL"));
    expect(co_await pool.read("SELECT * FROM t"));
    expect(co_await pool.write("INSERT INTO t VALUES (2)"));
  });
}

TEST_CASE("what can't be sent and what SQL refuses are told apart from a server that is away") {
  const auto schema = new_schema();
  if (!schema) return;
  with_pool({.url = schema->url()}, [](Pool& pool) -> Task<> {
    const auto with_nul = co_await pool.read("SELECT $1::text", std::string_view("a\0b", 3));
    REQUIRE(with_nul.has_error());
    CHECK(with_nul.error().kind == Failure::invalid);
    const auto no_number = co_await pool.read("SELECT $1::int", "seven");
    REQUIRE(no_number.has_error());
    CHECK(no_number.error().kind == Failure::invalid);
    CHECK(no_number.error().code == "22P02");
    const auto nonsense = co_await pool.read("SELEKT 1");
    REQUIRE(nonsense.has_error());
    CHECK(nonsense.error().kind == Failure::internal);
    const auto too_few = co_await pool.read("SELECT $1::int + $2::int", 1);
    REQUIRE(too_few.has_error());
    CHECK(too_few.error().kind == Failure::internal);
    CHECK_FALSE(pool.trouble());
  });
}

TEST_CASE("more calls than the queue holds are refused at once, and those in it are answered") {
  const auto schema = new_schema();
  if (!schema) return;
  with_pool({.url = schema->url(), .connections = 1, .queue_max = 10}, [](Pool& pool) -> Task<> {
    std::vector<Task<>> tasks;
    int answered = 0;
    int overloaded = 0;
    for (int i = 0; i < 25; ++i) {
      tasks.push_back([](Pool& p, int& good, int& refused) -> Task<> {
        const auto rows = co_await p.read("SELECT 1");
        if (rows.has_value()) ++good;
        if (rows.has_error() && rows.error().kind == Failure::overloaded) ++refused;
      }(pool, answered, overloaded));
    }
    co_await together(std::move(tasks));  // begun in one turn of the loop
    CHECK(answered == 10);
    CHECK(overloaded == 15);
  });
}

TEST_CASE("with little room on a connection calls wait their turn") {
  const auto schema = new_schema();
  if (!schema) return;
  with_pool({.url = schema->url(), .connections = 1, .owed_max = 8}, [](Pool& pool) -> Task<> {
    std::vector<Task<>> tasks;
    for (int i = 0; i < 100; ++i) {
      tasks.push_back([](Pool& p, int n) -> Task<> {
        auto call = n % 2 == 0 ? p.read("SELECT $1::int", n) : p.write("SELECT $1::int", n);
        auto rows = co_await std::move(call);
        if (!rows || !rows->next() || rows->integer(0) != n) throw std::runtime_error("not mine");
      }(pool, i));
    }
    co_await together(std::move(tasks));
  });
}

TEST_CASE("stop answers what is under way and refuses what comes later") {
  const auto schema = new_schema();
  if (!schema) return;
  with_pool({.url = schema->url()}, [](Pool& pool) -> Task<> {
    std::vector<Task<>> tasks;
    bool answered = false;
    tasks.push_back([](Pool& p, bool& flag) -> Task<> {
      expect(co_await p.read("SELECT pg_sleep(0.05)"));
      flag = true;
    }(pool, answered));
    tasks.push_back([](Pool& p, const bool& flag) -> Task<> {
      co_await p.stop();
      CHECK(flag);
    }(pool, answered));
    co_await together(std::move(tasks));
    const auto late = co_await pool.read("SELECT 1");
    REQUIRE(late.has_error());
    CHECK(late.error().kind == Failure::closed);
    const auto later = co_await pool.transaction([](Transaction&) -> Task<Result<int>> { co_return 1; });
    REQUIRE(later.has_error());
    CHECK(later.error().kind == Failure::closed);
  });
}

TEST_CASE("a pool whose thread has ended is destroyed with all who wait for it") {
  const auto schema = new_schema();
  if (!schema) return;
  Runtime runtime(1);
  Pool pool(runtime, {.url = schema->url(), .transactions = 1, .deadline = 60s});
  bool begun = false;
  for (int i = 0; i < 3; ++i) {
    spawn(runtime.executor(), "reads for ever",
          [](Pool& p) -> Task<> { co_await p.read("SELECT pg_sleep(60)"); }(pool));
    spawn(runtime.executor(), "holds a connection, or waits for one", [](Pool& p, bool& flag) -> Task<> {
      co_await p.transaction([&](Transaction& t) -> Task<Result<int>> {
        flag = true;
        co_await t.run("SELECT pg_sleep(60)");
        co_return 1;
      });
    }(pool, begun));
  }
  while (!begun)
    REQUIRE(runtime.context(0).run_one_for(10s) == 1);
  runtime.context(0).poll();
  CHECK(schema->end_sessions() > 0);
}
