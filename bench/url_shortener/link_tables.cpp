#include "bench/url_shortener/link_tables.h"

#include <vector>

#include "common/digest.h"
#include "common/postgres/blocking.h"
#include "common/sqlite/database.h"
#include "url_shortener/store_postgres.h"
#include "url_shortener/store_sqlite.h"

namespace bench::url_shortener_bench {
namespace {

using common::postgres::Blocking;
using common::sqlite::Database;
using url_shortener::StoreSqlite;

constexpr std::uint64_t step = 618'033;        // has no factor in common with a power of ten, so n → n · step is a
constexpr std::uint64_t step_inverse = 7'697;  // permutation of the numbers below it, and this undoes it
static_assert(step * step_inverse % 1'000'000 == 1);

constexpr common::TimePoint first_created{std::chrono::seconds{1'760'000'000}};
constexpr std::chrono::seconds between{7};

constexpr const char* url_begin = "https://example.com/articles/";
constexpr const char* url_end = "?utm_source=newsletter";

std::int64_t micros(common::TimePoint time) {
  return std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
}

std::string text(std::uint64_t number) {
  return std::to_string(number);
}

// SQL: what a URL's hash is in PostgreSQL.
std::string hash_of(const std::string& url) {
  return "('x' || substr(encode(sha256(convert_to(" + url + ", 'UTF8')), 'hex'), 1, 16))::bit(64)::bigint";
}

// Drops the indexes of the tables that get many rows; answers the statements that make them again.
std::vector<std::string> take_indexes(Blocking& server) {
  std::vector<std::string> definitions;
  auto constraints = server.run(
      "SELECT conrelid::regclass::text, conname, pg_get_indexdef(conindid) FROM pg_constraint"
      " WHERE contype = 'p' AND conrelid IN ('links'::regclass, 'link_tags'::regclass, 'link_words'::regclass)");
  while (constraints.next()) {
    server.run("ALTER TABLE " + std::string(constraints.text(0)) + " DROP CONSTRAINT " +
               std::string(constraints.text(1)));
    definitions.emplace_back(constraints.text(2));
  }
  auto indexes = server.run(
      "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index"
      " WHERE indrelid IN ('links'::regclass, 'link_tags'::regclass)");
  while (indexes.next()) {
    server.run("DROP INDEX " + std::string(indexes.text(0)));
    definitions.emplace_back(indexes.text(1));
  }
  return definitions;
}

std::vector<std::string> take_indexes(Database& database) {
  std::vector<std::string> names;
  std::vector<std::string> definitions;
  {
    auto indexes = database.query(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'links' AND sql IS NOT NULL");
    while (indexes.next()) {
      names.emplace_back(indexes.text(0));
      definitions.emplace_back(indexes.text(1));
    }
  }
  for (const auto& name : names)
    database.execute("DROP INDEX " + name);
  return definitions;
}

}  // namespace

std::string LinkTable::code(std::uint64_t number) const {
  return text(code_first + number * step % count);
}

std::string LinkTable::url(std::uint64_t number) const {
  return url_begin + text(number) + url_end;
}

std::string LinkTable::much_used_url() {
  return "https://example.com/sale";
}

common::TimePoint LinkTable::created_at(std::uint64_t number) const {
  return first_created + static_cast<std::int64_t>(number) * between;
}

std::string LinkTable::tag(std::uint64_t tag) {
  return "topic-" + text(tag);
}

std::string LinkTable::common_word() {
  return "articles";
}

std::string LinkTable::own_word(std::uint64_t number) {
  return text(number);
}

void LinkTable::fill_postgres(const std::string& url) const {
  url_shortener::migrate_links(url);
  Blocking server(url);
  const auto indexes = take_indexes(server);
  server.run(
      "INSERT INTO links (code, long_url, url_hash, created_at, tags)"
      " SELECT (" +
      text(code_first) + " + n * " + text(step) + " % " + text(count) + ")::text, url, " + hash_of("url") + ", " +
      text(static_cast<std::uint64_t>(micros(first_created))) + " + n * " +
      text(static_cast<std::uint64_t>(std::chrono::microseconds(between).count())) +
      ","
      "  CASE WHEN n % " +
      text(tagged_each) + " = 0 THEN '[\"' || '" + tag(0).substr(0, tag(0).size() - 1) + "' || n / " +
      text(tagged_each) + " % " + text(tags) +
      " || '\"]' END"
      " FROM (SELECT n, '" +
      std::string(url_begin) + "' || n || '" + url_end + "' AS url FROM generate_series(0, " + text(count - 1) +
      "::bigint) AS n) AS numbers");
  server.run(
      "INSERT INTO link_tags (tag, created_at, code)"
      " SELECT jsonb_array_elements_text(tags::jsonb), created_at, code FROM links WHERE tags IS NOT NULL");
  server.run(
      "INSERT INTO link_words (word, created_at, code) SELECT word, created_at, code FROM links,"
      " LATERAL (VALUES ('" +
      common_word() + "'), (substring(long_url FROM '/([0-9]+)[?]'))) AS words (word)");
  server.run(
      "INSERT INTO links (code, long_url, url_hash, created_at, expires_at)"
      " SELECT 'x' || n, url, " +
      hash_of("url") + ", 0, CASE WHEN n > 0 THEN 1 END FROM (SELECT n, '" + much_used_url() +
      "' AS url FROM generate_series(0, " + text(expired()) + "::bigint) AS n) AS numbers");
  for (const auto& definition : indexes)
    server.run(definition);
  server.run("VACUUM (ANALYZE) links");
  server.run("VACUUM (ANALYZE) link_tags");
  server.run("VACUUM (ANALYZE) link_words");
  server.run("UPDATE link_words_progress SET done = true");
}

void LinkTable::fill_sqlite(const std::filesystem::path& folder) const {
  {
    StoreSqlite schema(folder);
    schema.stop();
  }
  Database database({.file = folder / "url_shortener.db"});
  database.execute("PRAGMA journal_mode = DELETE");  // no other process is there, and what is half done is removed
  database.execute("PRAGMA journal_mode = OFF");
  database.execute("PRAGMA synchronous = OFF");
  database.execute("PRAGMA temp_store = MEMORY");
  database.execute("BEGIN");
  const auto indexes = take_indexes(database);
  for (std::uint64_t place = 0; place < count; ++place) {  // in the order of the codes, which is the table's own
    const std::uint64_t number = place * step_inverse % count;
    const std::string long_url = url(number);
    std::optional<std::string> tags_json;
    if (number % tagged_each == 0) {
      const std::string name = tag(number / tagged_each % tags);
      tags_json = "[\"" + name + "\"]";
      database.run("INSERT INTO link_tags (tag, created_at, code) VALUES (?, ?, ?)", name, created_at(number),
                   code(number));
    }
    database.run("INSERT INTO links (code, long_url, url_sha256, created_at, tags) VALUES (?, ?, ?, ?, ?)",
                 code(number), long_url, common::sqlite::Blob{common::sha256(long_url)}, created_at(number), tags_json);
  }
  for (const auto& definition : indexes)
    database.execute(definition);
  // In the table's own order, which the index of creation times gives for the first and a sort for the second.
  database.run("INSERT INTO link_words (word, created_at, code) SELECT ?, created_at, code FROM links ORDER BY 2, 3",
               common_word());
  const std::string begin = text(std::string_view(url_begin).size() + 1);
  const std::string number = "substr(long_url, " + begin + ", instr(long_url, '?') - " + begin + ")";
  database.execute("INSERT INTO link_words (word, created_at, code) SELECT " + number +
                   ", created_at, code FROM links ORDER BY 1, 2, 3");
  database.run(
      "WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?1)"
      " INSERT INTO links (code, long_url, url_sha256, created_at, expires_at)"
      " SELECT 'x' || n, ?2, ?3, 0, CASE WHEN n > 0 THEN 1 END FROM numbers",
      expired(), much_used_url(), common::sqlite::Blob{common::sha256(much_used_url())});
  database.execute("UPDATE link_words_progress SET done = 1");
  database.execute("COMMIT");
}

}  // namespace bench::url_shortener_bench
