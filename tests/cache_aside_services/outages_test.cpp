// What happens when a part is away, late, or back with old content: Redis, its channel, a replica, a process.

#include <signal.h>

#include <chrono>

#include "tests/cache_aside_services/asking.h"
#include "tests/support/api_client.h"
#include "tests/support/catch.h"
#include "tests/support/eventually.h"
#include "tests/support/faulty_proxy.h"
#include "tests/support/postgres_support.h"
#include "tests/support/redis_process.h"
#include "tests/support/server_process.h"
#include "tests/support/temp_folder.h"

using namespace testing;
using namespace std::chrono_literals;

TEST_CASE("a Redis that comes back with a snapshot brings back no value that was overwritten") {
  if (!RedisProcess::is_there()) return;
  const auto schema = new_schema();
  if (!schema) return;
  RedisProcess redis;
  ServerProcess server({"--store", schema->url(), "--cache", redis.url()}, {}, "cache_aside");
  ApiClient api(server.port());
  const auto created = api.post("/users", ada);
  const std::string path = created.header("Location");
  REQUIRE(is_cached(api, path));
  REQUIRE(tell(redis, "SAVE").starts_with("+OK"));
  const auto edited = api.patch(path, R"({"name":"Bea"})", if_match(created));
  REQUIRE(edited.status == 200);
  redis.kill();
  redis.start();
  CHECK(tell(redis, "KEYS *" + path.substr(path.rfind('/') + 1)).find("user:") != std::string::npos);  // it is back
  for (int i = 0; i < 200; ++i)
    CHECK(api.get(path).body == edited.body);
  CHECK(is_cached(api, path));
  CHECK(api.get(path).body == edited.body);
  CHECK(metric(api, "redis_generation") == 2);
}

// The race of slot.h, made by hand: a slow reader, a fast writer.
TEST_CASE("a load that began before a change puts the old value after the delete, unless a guard refuses it") {
  if (!RedisProcess::is_there()) return;
  const auto schema = new_schema();
  if (!schema) return;
  RedisProcess redis;
  for (const std::string policy : {"delete_after_commit", "lease", "versioned"}) {
    INFO(policy);
    const std::vector<std::string> flags{"--store", schema->url(), "--cache", redis.url(), "--write-policy", policy};
    std::vector<std::string> slow = flags;
    slow.insert(slow.end(), {"--store-delay", "1s"});
    ServerProcess writer(flags, {}, "cache_aside");
    ServerProcess reader(slow, {}, "cache_aside");
    ApiClient at_writer(writer.port());
    ApiClient at_reader(reader.port());
    const auto created = at_writer.post("/users", ada);
    const std::string path = created.header("Location");
    REQUIRE(is_cached(at_writer, path));
    REQUIRE(is_cached(at_reader, path));
    const auto changed = at_writer.patch(path, R"({"name":"Bea"})", if_match(created));  // and it is cached no more
    RawClient slow_read(reader.port());
    const auto before = metric(at_reader, "database_queries_total");
    slow_read.send("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n");
    REQUIRE(eventually(5s, [&] { return metric(at_reader, "database_queries_total") > before; }));
    const auto last = at_writer.patch(path, R"({"name":"Cleo"})", if_match(changed));
    CHECK(last.status == 200);
    CHECK(slow_read.response().status == 200);
    const auto now = at_writer.get(path);
    CHECK(text_at(now, "/name") == (policy == "delete_after_commit" ? "Bea" : "Cleo"));
    if (policy == "delete_after_commit") CHECK(now.header("X-Cache") == "hit");
  }
}

TEST_CASE("what a process committed and did not live to tell is replayed by another one") {
  if (!RedisProcess::is_there()) return;
  const auto schema = new_schema();
  if (!schema) return;
  RedisProcess redis;
  for (const std::string policy : {"lease", "versioned"}) {
    ServerProcess server({"--store", schema->url(), "--cache", redis.url(), "--write-policy", policy}, {},
                         "cache_aside");
    ApiClient api(server.port());
    const std::string path = api.post("/users", ada).header("Location");
    const std::string id = path.substr(path.rfind('/') + 1);
    REQUIRE(is_cached(api, path));
    // What the dead one's transaction left.
    schema->ask("BEGIN; UPDATE users SET name = 'Bea', version = 2 WHERE id = " + id +
                "; INSERT INTO invalidations (key, version, at) VALUES ('user:" + id +
                "', 2, (extract(epoch FROM clock_timestamp()) * 1e6)::bigint); COMMIT");
    CHECK(eventually(5s, [&] { return text_at(api.get(path), "/name") == "Bea"; }));
    CHECK(eventually(5s, [&] { return metric(api, "invalidations_replayed_total") >= 1; }));
    CHECK(schema->ask("SELECT count(*) FROM invalidations WHERE NOT settled") == "0");
  }
}

TEST_CASE("another process's change is seen by a local tier, and while the channel is dead the tier is empty") {
  if (!RedisProcess::is_there()) return;
  const auto schema = new_schema();
  if (!schema) return;
  RedisProcess redis;
  const std::vector<std::string> flags{"--store", schema->url(), "--cache", "local+" + redis.url()};
  ServerProcess one(flags, {}, "cache_aside");
  ServerProcess two(flags, {}, "cache_aside");
  ApiClient at_one(one.port());
  ApiClient at_two(two.port());
  auto seen = at_one.post("/users", ada);
  const std::string path = seen.header("Location");
  REQUIRE(is_cached(at_two, path));
  CHECK(eventually(
      10s, [&] { return at_two.get(path).header("X-Cache") == "hit" && metric(at_two, "cache_local_entries") >= 1; }));
  for (int i = 0; i < 20; ++i) {
    seen = at_one.patch(path, R"({"name":"n)" + std::to_string(i) + R"("})", if_match(seen));
    CHECK(eventually(2s, [&] { return at_two.get(path).body == seen.body; }));
    at_two.get(path);
  }
  redis.freeze();
  CHECK(eventually(3s, [&] { return metric(at_two, "cache_local_entries") == 0; }));
  CHECK(at_two.get(path).body == seen.body);
  seen = at_one.patch(path, R"({"name":"while it hung"})", if_match(seen));
  CHECK(seen.status == 200);
  CHECK(at_two.get(path).body == seen.body);
  redis.thaw();
  CHECK(eventually(10s, [&] { return at_two.get(path).body == seen.body && at_one.get(path).body == seen.body; }));
  CHECK(is_cached(at_two, path));
  CHECK(at_two.get(path).body == seen.body);
}

TEST_CASE("without Redis reads and writes go on") {
  if (!RedisProcess::is_there()) return;
  const auto schema = new_schema();
  if (!schema) return;
  RedisProcess redis;
  ServerProcess server({"--store", schema->url(), "--cache", redis.url()}, {}, "cache_aside");
  ApiClient api(server.port());
  auto seen = api.post("/users", ada);
  const std::string path = seen.header("Location");
  redis.kill();
  for (int i = 0; i < 5; ++i) {
    seen = api.patch(path, R"({"name":"n)" + std::to_string(i) + R"("})", if_match(seen));
    REQUIRE(seen.status == 200);
    const auto read = api.get(path);
    CHECK(read.body == seen.body);
    CHECK(read.header("X-Cache") == "bypass");
  }
  CHECK(api.get("/readyz").status == 200);
}

// The replica here is a second schema that nobody keeps up to date: a lag without end.
TEST_CASE("with a replica that lags one reads one's own writes, and others' once the cache has heard of them") {
  if (!RedisProcess::is_there()) return;
  const auto primary = new_schema();
  const auto replica = new_schema();
  if (!primary || !replica) return;
  for (const std::string policy : {"lease", "versioned"}) {
    for (const std::string cache : {"local", "redis"}) {
      INFO(policy << " " << cache);
      RedisProcess redis;
      { ServerProcess schema_maker({"--store", replica->url()}, {}, "cache_aside"); }
      ServerProcess server({"--store", primary->url(), "--read-store", replica->url(), "--write-policy", policy,
                            "--cache", cache == "local" ? "local" : redis.url()},
                           {}, "cache_aside");
      ApiClient api(server.port());
      auto seen = api.post("/users", ada);
      const std::string path = seen.header("Location");
      CHECK(api.get(path).body == seen.body);
      for (int i = 0; i < 3; ++i) {
        seen = api.patch(path, R"({"name":"n)" + std::to_string(i) + R"("})", if_match(seen));
        const double queries = metric(api, "database_queries_total");
        CHECK(api.get(path).body == seen.body);
        // At the replica, which is behind, and at the primary.
        if (cache == "local") CHECK(metric(api, "database_queries_total") == queries + 2);
      }
      if (cache == "local") CHECK(metric(api, "replica_behind_total") >= 3);
    }
  }
}

TEST_CASE("without the database what is cached is read, all else is refused, and afterwards everything goes on") {
  if (!RedisProcess::is_there()) return;
  const auto schema = new_schema();
  if (!schema) return;
  FaultyProxy database(schema->server_port());
  RedisProcess redis;
  ServerProcess server({"--store", schema->url(database.port()), "--cache", redis.url()}, {}, "cache_aside");
  ApiClient api(server.port());
  const auto created = api.post("/users", ada);
  const auto other = api.post("/users", ada);
  const std::string path = created.header("Location");
  REQUIRE(is_cached(api, path));
  database.refuse(true);
  database.cut();
  CHECK(eventually(5s, [&] { return api.get("/readyz").status == 503; }));
  CHECK(api.get(path).body == created.body);
  CHECK(api.get(path).header("X-Cache") == "hit");
  CHECK(api.get(other.header("Location")).status == 503);
  const auto refused = api.patch(path, R"({"name":"Bea"})", if_match(created));
  CHECK(refused.status == 503);
  CHECK_FALSE(refused.header("Retry-After").empty());
  CHECK(api.post("/posts", R"({"authorId":1,"text":"x"})").status == 503);
  CHECK(api.get("/healthz").status == 200);
  database.refuse(false);
  CHECK(eventually(10s, [&] { return api.get("/readyz").status == 200; }));
  CHECK(eventually(10s, [&] { return api.patch(path, R"({"name":"Bea"})", if_match(created)).status == 200; }));
  CHECK(text_at(api.get(path), "/name") == "Bea");
}

TEST_CASE("a change whose outcome nobody knows is seen once it is known, although the old value was cached") {
  if (!RedisProcess::is_there()) return;
  const auto schema = new_schema();
  if (!schema) return;
  FaultyProxy database(schema->server_port());
  RedisProcess redis;
  for (const std::string policy : {"lease", "versioned"}) {
    INFO(policy);
    ServerProcess server({"--store", schema->url(database.port()), "--cache", redis.url(), "--write-policy", policy},
                         {}, "cache_aside");
    ApiClient api(server.port());
    const auto created = api.post("/users", ada);
    const std::string path = created.header("Location");
    REQUIRE(is_cached(api, path));
    database.freeze(FaultyProxy::to_client);  // the change is made, its answer does not come
    const auto unknown = api.patch(path, R"({"name":"Bea"})", if_match(created));
    CHECK(unknown.status == 503);
    CHECK(error_code(unknown) == "OUTCOME_UNKNOWN");
    database.thaw();
    CHECK(eventually(10s, [&] { return text_at(api.get(path), "/name") == "Bea"; }));
    CHECK(eventually(10s, [&] { return schema->ask("SELECT count(*) FROM invalidations WHERE NOT settled") == "0"; }));
    CHECK(is_cached(api, path));
    CHECK(text_at(api.get(path), "/name") == "Bea");
  }
}
