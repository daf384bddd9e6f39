// ifExists=reuse of a URL with many links that no longer redirect, on PostgreSQL.

#include <regex>

#include "tests/support/postgres_support.h"
#include "url_shortener/link_rows_postgres.h"
#include "url_shortener/store_postgres.h"

using testing::new_schema;

TEST_CASE("PostgreSQL finds a link to reuse without looking at those that no longer redirect") {
  const auto schema = new_schema();
  if (!schema) return;
  url_shortener::migrate_links(schema->url());
  for (const auto* state : {"1, NULL, 0", "NULL, 5, 5"}) {
    schema->ask(
        "INSERT INTO links (code, long_url, url_hash, created_at, expires_at, max_clicks, clicks_used)"
        " SELECT '" +
        std::string(state) + "' || i, 'https://example.com/', 7, 0, " + state + " FROM generate_series(1, 5000) AS i");
  }
  schema->ask(
      "INSERT INTO links (code, long_url, url_hash, created_at) SELECT 'other-' || i, 'u' || i, 7 + i, 0"
      " FROM generate_series(1, 5000) AS i");
  schema->ask("ANALYZE links");
  schema->ask("PREPARE reuse (bigint, text, bigint) AS " + std::string(url_shortener::rows::postgres_find_live));
  schema->ask(
      "CREATE FUNCTION plan_of(statement text) RETURNS json LANGUAGE plpgsql AS"
      " 'DECLARE plan json; BEGIN EXECUTE $1 INTO plan; RETURN plan; END'");
  for (const auto* mode : {"force_custom_plan", "force_generic_plan"}) {
    schema->ask("SET plan_cache_mode = " + std::string(mode));
    const auto plan = schema->ask(
        "SELECT plan_of('EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE reuse"
        " (7, ''https://example.com/'', 1750000000000000)')");
    INFO(plan);
    CHECK(plan.find("links_reusable") != std::string::npos);
    CHECK_FALSE(std::regex_search(plan, std::regex("Removed by [A-Za-z ]*\": [1-9]")));
  }
}

TEST_CASE("an index whose building was interrupted is made whole before the old one goes") {
  const auto schema = new_schema();
  if (!schema) return;
  url_shortener::migrate_links(schema->url());
  schema->ask("DROP TABLE click_writers");
  schema->ask("DROP INDEX links_reusable");
  schema->ask("CREATE INDEX links_reusable ON links (url_hash)");
  schema->ask("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'links_reusable'::regclass");
  schema->ask("CREATE INDEX links_by_url ON links (url_hash)");
  schema->ask("DELETE FROM schema_migrations WHERE number >= 6");
  url_shortener::migrate_links(schema->url());
  CHECK(schema->ask("SELECT indisvalid FROM pg_index WHERE indexrelid = 'links_reusable'::regclass") == "t");
  CHECK(schema->ask("SELECT to_regclass('links_by_url') IS NULL") == "t");
}
