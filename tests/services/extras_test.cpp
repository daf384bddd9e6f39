// Batches, search, export and import of servers on PostgreSQL.

#include <algorithm>

#include "tests/support/api_client.h"
#include "tests/support/eventually.h"
#include "tests/support/postgres_support.h"
#include "tests/support/require.h"
#include "tests/support/server_process.h"

using namespace testing;

namespace {

std::unique_ptr<Schema> schema_or_skip() {
  const bool there = std::getenv("POSTGRES_URL") != nullptr;
  if (!require_or_skip(there, "POSTGRES_URL is not set: ./run services up")) return nullptr;
  return new_schema();
}

std::string thousand() {
  std::string body = "[";
  for (int i = 0; i < 1'000; ++i) {
    const auto n = std::to_string(i);
    body += (i > 0 ? "," : "") + (R"({"longUrl":"https://example.com/articles/)" + n + R"(","tags":["t)" +
                                  std::to_string(i % 10) + R"("],"ifExists":"reuse"})");
  }
  return body + "]";
}

std::size_t count(const RawResponse& page) {
  return json_of(page).at("data").as_array().size();
}

}  // namespace

TEST_CASE("a batch is made once on PostgreSQL, whichever process is asked again") {
  const auto schema = schema_or_skip();
  if (!schema) return;
  ServerProcess one({"--store", schema->url()});
  ServerProcess other({"--store", schema->url()});
  const std::string key = "Idempotency-Key: k\r\n";
  const auto first = ApiClient(one.port()).post("/v1/links:batch", thousand(), key);
  REQUIRE(first.status == 201);
  CHECK(text_at(first, "/meta/created") == "1000");
  const auto again = ApiClient(other.port()).post("/v1/links:batch", thousand(), key);
  CHECK(again.header("Idempotent-Replayed") == "true");
  CHECK(again.body == first.body);
  CHECK(schema->ask("SELECT count(*) FROM links") == "1000");
  const auto reused = ApiClient(other.port()).post("/v1/links:batch", thousand());
  CHECK(reused.status == 200);
  CHECK(text_at(reused, "/meta/reused") == "1000");
  CHECK(ApiClient(other.port()).get("/" + text_at(first, "/data/999/link/shortCode")).status == 302);
}

TEST_CASE("what one PostgreSQL exports another imports, once however often") {
  const auto from = schema_or_skip();
  if (!from) return;
  const auto to = new_schema();
  ServerProcess source({"--store", from->url()});
  ServerProcess target({"--store", to->url(), "--search", "words"});
  REQUIRE(ApiClient(source.port()).post("/v1/links:batch", thousand()).status == 201);
  const auto csv = ApiClient(source.port()).get("/v1/links:export?format=csv");
  ApiClient api(target.port());
  for (const auto* field : {"\"created\":1000", "\"unchanged\":1000"}) {
    const auto in = api.request("POST", "/v1/links:import", "Content-Type: text/csv\r\n", csv.body);
    INFO(in.body.substr(in.body.size() - 200));
    CHECK(in.body.find(field) != std::string::npos);
  }
  CHECK(api.get("/v1/links:export?format=csv").body == csv.body);
  CHECK(to->ask("SELECT count(DISTINCT code) FROM link_words") == "1000");
}

TEST_CASE("a search on PostgreSQL finds what was there before the index, and what comes through other processes") {
  const auto schema = schema_or_skip();
  if (!schema) return;
  {
    ServerProcess scanning({"--store", schema->url()});
    REQUIRE(ApiClient(scanning.port()).post("/v1/links:batch", thousand()).status == 201);
    CHECK(count(ApiClient(scanning.port()).get("/v1/links?q=articles+77")) == 1);
  }
  ServerProcess one({"--store", schema->url(), "--search", "words"});
  ServerProcess other({"--store", schema->url(), "--search", "words"});
  ApiClient api(one.port());
  CHECK(
      eventually(std::chrono::seconds{20}, [&] { return schema->ask("SELECT done FROM link_words_progress") == "t"; }));
  CHECK(count(api.get("/v1/links?q=articles+77")) == 1);
  CHECK(count(api.get("/v1/links?q=articles&tag=t3&limit=100")) == 100);
  ApiClient(other.port()).shorten(R"({"longUrl":"https://example.com/","alias":"latest"})");
  CHECK(count(api.get("/v1/links?q=latest")) == 1);
}

// With many rows a plan that sorts, or goes through the table, would be seen in what is asked of the planner.
TEST_CASE("lists by tag and walks of a word are read off an index, without a sort") {
  const auto schema = schema_or_skip();
  if (!schema) return;
  ServerProcess server({"--store", schema->url(), "--search", "words"});
  schema->ask(
      "INSERT INTO links (code, long_url, url_hash, created_at)"
      " SELECT 'c' || i, 'https://example.com/' || i, i, i FROM generate_series(1, 20000) AS i");
  schema->ask("INSERT INTO link_tags SELECT 't' || i % 3, i, 'c' || i FROM generate_series(1, 20000) AS i");
  schema->ask("INSERT INTO link_words SELECT 'w' || i % 3, i, 'c' || i FROM generate_series(1, 20000) AS i");
  schema->ask("ANALYZE links, link_tags, link_words");
  const auto plan = [&](const std::string& sql) { return schema->ask("EXPLAIN (FORMAT JSON) " + sql); };
  const auto tagged = plan(
      "SELECT long_url FROM (SELECT code AS tagged FROM link_tags WHERE tag = 't1' AND (created_at, code) < (9000, 'x')"
      " ORDER BY created_at DESC, code DESC LIMIT 20) AS page JOIN links ON code = tagged");
  const auto walked = plan(
      "SELECT created_at, code FROM link_words WHERE word = 'w1' AND (created_at, code) < (9000, 'x')"
      " ORDER BY created_at DESC, code DESC LIMIT 2000");
  for (const auto& each : {tagged, walked}) {
    INFO(each);
    CHECK(each.find("Index") != std::string::npos);
    CHECK(each.find("Seq Scan") == std::string::npos);
    CHECK(each.find("\"Sort\"") == std::string::npos);
  }
}
