// A Redis that answers but has no memory left, or takes no writes, or hangs; absence, cached; a replica, not cached.

#include <chrono>

#include "tests/cache_aside_services/asking.h"
#include "tests/support/api_client.h"
#include "tests/support/catch.h"
#include "tests/support/eventually.h"
#include "tests/support/faulty_proxy.h"
#include "tests/support/postgres_support.h"
#include "tests/support/redis_process.h"
#include "tests/support/server_process.h"

using namespace testing;
using namespace std::chrono_literals;

TEST_CASE("a Redis without memory takes invalidations, and serves what it has") {
  if (!RedisProcess::is_there()) return;
  const auto schema = new_schema();
  if (!schema) return;
  for (const std::string policy : {"lease", "versioned"}) {
    INFO(policy);
    RedisProcess redis;
    const std::vector<std::string> flags{"--store", schema->url(), "--cache", redis.url(), "--write-policy", policy};
    ServerProcess one(flags, {}, "cache_aside");
    ServerProcess two(flags, {}, "cache_aside");
    ApiClient at_one(one.port());
    ApiClient at_two(two.port());
    const auto created = at_one.post("/users", ada);
    const std::string path = created.header("Location");
    const std::string other = at_one.post("/users", ada).header("Location");
    REQUIRE(is_cached(at_two, path));
    REQUIRE(is_cached(at_two, other));
    CHECK(tell(redis, "CONFIG SET maxmemory 1").starts_with("+OK"));
    const auto edited = at_one.patch(path, R"({"name":"Bea"})", if_match(created));
    REQUIRE(edited.status == 200);
    for (int i = 0; i < 20; ++i)
      CHECK(at_two.get(path).body == edited.body);
    CHECK(at_two.get(other).header("X-Cache") == "hit");
    CHECK(metric(at_one, "redis_up") == 1);
    CHECK(tell(redis, "CONFIG SET maxmemory 0").starts_with("+OK"));
    CHECK(is_cached(at_two, path));
    CHECK(at_two.get(path).body == edited.body);
  }
}

TEST_CASE("a Redis that answers and takes no writes is not read from, by no process, until it does again") {
  if (!RedisProcess::is_there()) return;
  const auto schema = new_schema();
  if (!schema) return;
  struct Trouble {
    std::string begin;
    std::string end;
  };
  for (const std::string tier : {"", "local+"}) {
    for (const auto& trouble : {Trouble{"REPLICAOF 127.0.0.1 1", "REPLICAOF NO ONE"},
                                Trouble{"CONFIG SET min-replicas-to-write 1", "CONFIG SET min-replicas-to-write 0"}}) {
      INFO(tier << trouble.begin);
      RedisProcess redis;
      const std::vector<std::string> flags{"--store", schema->url(), "--cache", tier + redis.url()};
      ServerProcess one(flags, {}, "cache_aside");
      ServerProcess two(flags, {}, "cache_aside");
      ApiClient at_one(one.port());
      ApiClient at_two(two.port());
      const auto created = at_one.post("/users", ada);
      const std::string path = created.header("Location");
      REQUIRE(is_cached(at_two, path));
      CHECK(tell(redis, trouble.begin).starts_with("+OK"));
      const auto edited = at_one.patch(path, R"({"name":"Bea"})", if_match(created));
      REQUIRE(edited.status == 200);
      for (int i = 0; i < 50; ++i) {
        const auto read = at_two.get(path);
        CHECK(read.body == edited.body);
        CHECK(read.header("X-Cache") == "bypass");
      }
      CHECK(metric(at_two, "redis_up") == 0);
      CHECK(tell(redis, trouble.end).starts_with("+OK"));
      CHECK(eventually(10s, [&] { return metric(at_two, "redis_up") == 1; }));
      // What was refused is replayed within about a second.
      CHECK(
          eventually(10s, [&] { return schema->ask("SELECT count(*) FROM invalidations WHERE NOT settled") == "0"; }));
      CHECK(eventually(3s, [&] { return at_two.get(path).body == edited.body; }));
      CHECK(is_cached(at_two, path));
      CHECK(at_two.get(path).body == edited.body);
    }
  }
}

TEST_CASE("a process that was idle waits for a Redis that hangs as long as a busy one") {
  if (!RedisProcess::is_there()) return;
  const auto schema = new_schema();
  if (!schema) return;
  RedisProcess redis;
  FaultyProxy slow(static_cast<std::uint16_t>(std::stoi(redis.url().substr(redis.url().rfind(':') + 1))));
  const std::vector<std::string> store{"--store", schema->url(), "--cache"};
  std::vector<std::string> through = store;
  through.push_back("redis://127.0.0.1:" + std::to_string(slow.port()));
  std::vector<std::string> straight = store;
  straight.push_back(redis.url());
  ServerProcess writer(through, {}, "cache_aside");
  ServerProcess reader(straight, {}, "cache_aside");
  ApiClient at_writer(writer.port());
  ApiClient at_reader(reader.port());
  const auto created = at_writer.post("/users", ada);
  const std::string path = created.header("Location");
  REQUIRE(is_cached(at_reader, path));
  std::this_thread::sleep_for(3s);  // longer than patience: nothing is asked of the writer
  slow.freeze(FaultyProxy::to_server);
  const auto edited = at_writer.patch(path, R"({"name":"Bea"})", if_match(created));
  REQUIRE(edited.status == 200);
  CHECK(at_reader.get(path).body == edited.body);  // replayed by the reader's process, while the writer waited
  slow.thaw();
}

TEST_CASE("what is cached is read without the database, also by a process that has never heard of the id") {
  if (!RedisProcess::is_there()) return;
  const auto schema = new_schema();
  if (!schema) return;
  FaultyProxy database(schema->server_port());
  RedisProcess redis;
  ServerProcess one({"--store", schema->url(), "--cache", redis.url()}, {}, "cache_aside");
  ServerProcess two({"--store", schema->url(database.port()), "--cache", redis.url()}, {}, "cache_aside");
  ApiClient at_one(one.port());
  ApiClient at_two(two.port());
  const auto created = at_one.post("/users", ada);
  const std::string path = created.header("Location");
  REQUIRE(is_cached(at_one, path));
  REQUIRE(eventually(10s, [&] { return metric(at_two, "redis_up") == 1; }));
  REQUIRE(eventually(10s, [&] { return at_two.get("/users/0").header("X-Cache") != "bypass"; }));  // it has settled
  database.refuse(true);
  database.cut();
  CHECK(eventually(5s, [&] { return at_two.get("/readyz").status == 503; }));
  const auto read = at_two.get(path);
  CHECK(read.status == 200);
  CHECK(read.body == created.body);
  CHECK(at_two.get("/users/77").status == 503);
  database.refuse(false);
}

// Ids may be committed out of order: a smaller one is absent, and then there.
TEST_CASE("absence is cached, and dropped by the creation, whatever the policy") {
  if (!RedisProcess::is_there()) return;
  RedisProcess redis;
  for (const std::string policy : {"lease", "versioned", "delete_after_commit"}) {
    for (const bool local : {true, false}) {
      INFO(policy << (local ? " local" : " redis"));
      const auto schema = new_schema();
      if (!schema) return;
      ServerProcess server({"--store", schema->url(), "--cache", local ? "local" : redis.url(), "--write-policy",
                            policy, "--negative-ttl", "1h"},
                           {}, "cache_aside");
      ApiClient api(server.port());
      schema->ask("INSERT INTO users (id, name, email) OVERRIDING SYSTEM VALUE VALUES (5, 'Eve', 'e@b')");
      CHECK(eventually(10s, [&] { return api.get("/users/1").header("X-Cache") == "negative"; }));
      const auto created = api.post("/users", ada);
      REQUIRE(created.header("Location") == "/users/1");
      CHECK(api.get("/users/1").body == created.body);
    }
  }
}

// The replica here is a second schema that nobody keeps up to date. As --help says.
TEST_CASE("without a cache nobody knows that a replica is behind, and a read is as old as it") {
  const auto primary = new_schema();
  const auto replica = new_schema();
  if (!primary || !replica) return;
  { ServerProcess schema_maker({"--store", replica->url()}, {}, "cache_aside"); }
  replica->ask("INSERT INTO users (id, name, email) OVERRIDING SYSTEM VALUE VALUES (1, 'Ada', 'ada@example.com')");
  ServerProcess server({"--store", primary->url(), "--read-store", replica->url(), "--cache", "none"}, {},
                       "cache_aside");
  ApiClient api(server.port());
  const auto created = api.post("/users", ada);
  REQUIRE(api.patch("/users/1", R"({"name":"Bea"})", if_match(created)).status == 200);
  CHECK(text_at(api.get("/users/1"), "/name") == "Ada");
}
