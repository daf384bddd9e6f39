#include "url_shortener/link_rows_postgres.h"

#include <algorithm>
#include <unordered_set>

#include "common/digest.h"
#include "url_shortener/search_words.h"
#include "url_shortener/tags_json.h"

namespace url_shortener::rows {
namespace {

using common::TimePoint;
using common::postgres::Rows;
using common::postgres::Sql;

#define LINK_COLUMNS "code, long_url, created_at, expires_at, max_clicks, clicks_used, version, deleted, tags"

Link link_of(const Rows& row) {
  Link link;
  link.code = row.text(0);
  link.long_url = row.text(1);
  link.created_at = row.time(2);
  if (!row.is_null(3)) link.expires_at = row.time(3);
  if (!row.is_null(4)) link.max_clicks = static_cast<std::uint64_t>(row.integer(4));
  link.clicks_used = static_cast<std::uint64_t>(row.integer(5));
  link.version = static_cast<std::uint64_t>(row.integer(6));
  link.deleted = row.boolean(7);
  if (!row.is_null(8)) link.tags = tags_from_json(row.text(8));
  return link;
}

SqlResult<std::optional<Link>> one_link(SqlResult<Rows> rows) {
  if (rows.has_error()) return rows.error();
  if (!rows->next()) return std::optional<Link>{};
  return std::optional(link_of(*rows));
}

SqlResult<std::vector<Link>> all_links(SqlResult<Rows> rows) {
  if (rows.has_error()) return rows.error();
  std::vector<Link> links;
  while (rows->next())
    links.push_back(link_of(*rows));
  return links;
}

std::int64_t url_hash(std::string_view url) {
  const std::string digest = common::sha256(url);
  std::uint64_t hash = 0;
  for (std::size_t i = 0; i < sizeof hash; ++i)
    hash = hash << 8 | static_cast<unsigned char>(digest[i]);
  return static_cast<std::int64_t>(hash);
}

// Words hold no spaces.
std::string joined(const std::vector<std::string>& words) {
  std::string all;
  for (const auto& word : words)
    all.append(all.empty() ? "" : " ").append(word);
  return all;
}

std::vector<std::string> without(const std::vector<std::string>& tags, const std::vector<std::string>& others) {
  std::vector<std::string> left;
  std::copy_if(tags.begin(), tags.end(), std::back_inserter(left),
               [&](const auto& tag) { return std::find(others.begin(), others.end(), tag) == others.end(); });
  return left;
}

// The columns of many links, as unnest() takes them.
struct Columns {
  explicit Columns(const std::vector<Link>& links) {
    for (const auto& link : links) {
      codes.push_back(link.code);
      urls.push_back(link.long_url);
      hashes.push_back(url_hash(link.long_url));
      created.push_back(link.created_at);
      expires.push_back(link.expires_at);
      max_clicks.push_back(link.max_clicks);
      tags.push_back(tags_to_json(link.tags));
    }
  }
  std::vector<std::string_view> codes, urls;
  std::vector<std::int64_t> hashes;
  std::vector<TimePoint> created;
  std::vector<std::optional<TimePoint>> expires;
  std::vector<std::optional<std::uint64_t>> max_clicks;
  std::vector<std::optional<std::string>> tags;
};

#define INSERTED_LINKS                                                                                                \
  "given AS (SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[],"    \
  "                               $7::text[])"                                                                        \
  "               WITH ORDINALITY AS t (code, long_url, url_hash, created_at, expires_at, max_clicks, tags, place))," \
  " inserted AS (INSERT INTO links (code, long_url, url_hash, created_at, expires_at, max_clicks, tags)"              \
  "              SELECT code, long_url, url_hash, created_at, expires_at, max_clicks, tags FROM given"                \
  "              ORDER BY code, place ON CONFLICT DO NOTHING RETURNING code, created_at, tags),"                      \
  " tagged AS (INSERT INTO link_tags (tag, created_at, code)"                                                         \
  "            SELECT jsonb_array_elements_text(tags::jsonb), created_at, code FROM inserted WHERE tags IS NOT NULL"  \
  "            ON CONFLICT DO NOTHING)"

// In the order of codes, so that two that insert the same ones wait for each other and not crosswise.
constexpr const char* insert_links_sql = "WITH " INSERTED_LINKS " SELECT code FROM inserted";

// The same, and the entries of their words: $8, of each link one text, with spaces between.
constexpr const char* insert_links_and_words_sql =
    "WITH " INSERTED_LINKS
    ", worded AS (INSERT INTO link_words (word, created_at, code)"
    "             SELECT unnest(string_to_array(words, ' ')), created_at, code FROM inserted JOIN"
    "             (SELECT DISTINCT ON (code) code, words"
    "              FROM unnest($1::text[], $8::text[]) WITH ORDINALITY AS t (code, words, place)"
    "              ORDER BY code, place) AS first USING (code)"
    "             ON CONFLICT DO NOTHING)"
    " SELECT code FROM inserted";

template <class Run>
Outcome<std::vector<bool>> insert_all(const std::vector<Link>& links, Search search, Run run) {
  const Columns c(links);
  SqlResult<Rows> rows = common::postgres::SqlError{};
  if (search == Search::words) {
    std::vector<std::string> words;
    for (const auto& link : links)
      words.push_back(joined(words_of(link)));
    rows = co_await run(Sql(insert_links_and_words_sql), c.codes, c.urls, c.hashes, c.created, c.expires, c.max_clicks,
                        c.tags, words);
  } else {
    rows = co_await run(Sql(insert_links_sql), c.codes, c.urls, c.hashes, c.created, c.expires, c.max_clicks, c.tags);
  }
  if (rows.has_error()) co_return rows.error();
  std::unordered_set<std::string_view> inserted;
  while (rows->next())
    inserted.insert(rows->text(0));
  std::vector<bool> outcomes;
  for (const auto& link : links)
    outcomes.push_back(inserted.erase(link.code) > 0);
  co_return outcomes;
}

}  // namespace

Outcome<std::optional<Link>> find_link(Pool& pool, const std::string& code) {
  co_return one_link(co_await pool.read("SELECT " LINK_COLUMNS " FROM links WHERE code = $1", code));
}

Outcome<std::vector<Link>> find_links(Pool& pool, const std::vector<std::string>& codes) {
  co_return all_links(co_await pool.read("SELECT " LINK_COLUMNS " FROM links WHERE code = ANY ($1::text[])", codes));
}

// Locked: none of them is edited while entries are made of its words. An edit that waited for it still sees the entries
// as they were when it began (READ COMMITTED), so those of words that the link no longer has may stay: a search looks
// at the link itself (fits(), link_words_postgres.cpp).
Outcome<std::vector<Link>> links_after(Transaction& transaction, const std::string& code, std::size_t limit) {
  co_return all_links(co_await transaction.run(
      "SELECT " LINK_COLUMNS " FROM links WHERE code > $1 ORDER BY code LIMIT $2 FOR SHARE", code, limit));
}

Outcome<std::vector<Link>> list_links(Pool& pool, const ListQuery& query) {
  const TimePoint time = query.before ? query.before->first : TimePoint::max();
  const std::string_view code = query.before ? std::string_view(query.before->second) : "";
  SqlResult<Rows> rows = common::postgres::SqlError{};
  if (query.tag) {
    rows = co_await pool.read(
        "SELECT " LINK_COLUMNS
        " FROM (SELECT code AS tagged FROM link_tags WHERE tag = $1 AND (created_at, code) < ($2, $3)"
        "       ORDER BY created_at DESC, code DESC LIMIT $4) AS page"
        " JOIN links ON code = tagged ORDER BY created_at DESC, code DESC",
        *query.tag, time, code, query.limit);
  } else {
    rows = co_await pool.read("SELECT " LINK_COLUMNS
                              " FROM links WHERE NOT deleted AND (created_at, code) < ($1, $2)"
                              " ORDER BY created_at DESC, code DESC LIMIT $3",
                              time, code, query.limit);
  }
  co_return all_links(std::move(rows));
}

Outcome<std::vector<bool>> insert_links(Pool& pool, const std::vector<Link>& links, Search search) {
  const auto run = [&](Sql sql, const auto&... columns) { return pool.write(sql, columns...); };
  co_return co_await insert_all(links, search, run);
}

Outcome<std::vector<bool>> insert_links(Transaction& transaction, const std::vector<Link>& links, Search search) {
  const auto run = [&](Sql sql, const auto&... columns) { return transaction.run(sql, columns...); };
  co_return co_await insert_all(links, search, run);
}

Outcome<bool> insert_link(Transaction& transaction, const Link& link, Search search) {
  const std::vector<Link> one{link};
  const auto inserted = co_await insert_links(transaction, one, search);
  if (inserted.has_error()) co_return inserted.error();
  co_return inserted->front();
}

Outcome<std::optional<Link>> update_link(Pool& pool, const Link& before, const Link& after, Search search) {
  const std::vector<std::string> kept = after.deleted ? std::vector<std::string>{} : after.tags;
  std::vector<std::string> words, words_before;
  if (search == Search::words) {
    words_before = words_of(before);
    if (!after.deleted) words = words_of(after);
  }
  co_return one_link(co_await pool.write(
      "WITH changed AS (UPDATE links SET long_url = $3, url_hash = $4, expires_at = $5, max_clicks = $6::bigint,"
      "                 clicks_used = CASE WHEN $6::bigint IS NULL THEN 0 ELSE clicks_used END,"
      "                 version = $7, deleted = $8, tags = $9"
      "                 WHERE code = $1 AND version = $2 AND NOT deleted RETURNING " LINK_COLUMNS
      "),"
      " untagged AS (DELETE FROM link_tags USING changed"
      "              WHERE link_tags.code = changed.code AND link_tags.created_at = changed.created_at"
      "              AND tag = ANY ($10::text[])),"
      " tagged AS (INSERT INTO link_tags (tag, created_at, code)"
      "            SELECT unnest($11::text[]), created_at, code FROM changed ON CONFLICT DO NOTHING),"
      " unworded AS (DELETE FROM link_words USING changed"
      "              WHERE link_words.code = changed.code AND link_words.created_at = changed.created_at"
      "              AND word = ANY ($12::text[])),"
      " worded AS (INSERT INTO link_words (word, created_at, code)"
      "            SELECT unnest($13::text[]), created_at, code FROM changed ON CONFLICT DO NOTHING)"
      " SELECT " LINK_COLUMNS " FROM changed",
      before.code, before.version, after.long_url, url_hash(after.long_url), after.expires_at, after.max_clicks,
      after.version, after.deleted, tags_to_json(after.tags), without(before.tags, kept), without(kept, before.tags),
      without(words_before, words), without(words, words_before)));
}

Outcome<std::optional<Link>> count_click(Pool& pool, const std::string& code, TimePoint now) {
  co_return one_link(
      co_await pool.write("UPDATE links SET clicks_used = clicks_used + 1"
                          " WHERE code = $1 AND NOT deleted AND (expires_at IS NULL OR expires_at > $2)"
                          " AND clicks_used < max_clicks RETURNING " LINK_COLUMNS,
                          code, now));
}

namespace {

// The conditions are those of the index links_reusable, word for word.
constexpr const char* find_live = "SELECT " LINK_COLUMNS
                                  " FROM links WHERE url_hash = $1 AND coalesce(expires_at, 9223372036854775807) > $3"
                                  " AND NOT deleted AND (max_clicks IS NULL OR clicks_used < max_clicks)"
                                  " AND long_url = $2 ORDER BY coalesce(expires_at, 9223372036854775807) DESC LIMIT 1";

}  // namespace

const char* const postgres_find_live = find_live;

Outcome<std::optional<Link>> find_live_link(Pool& pool, const std::string& long_url, TimePoint now) {
  co_return one_link(co_await pool.read(find_live, url_hash(long_url), long_url, now));
}

Outcome<std::optional<Link>> lock_and_find_live_link(Transaction& transaction, const std::string& long_url,
                                                     TimePoint now) {
  const auto hash = url_hash(long_url);
  const auto locked = co_await transaction.run("SELECT pg_advisory_xact_lock($1)", hash);
  if (locked.has_error()) co_return locked.error();
  co_return one_link(co_await transaction.run(find_live, hash, long_url, now));
}

}  // namespace url_shortener::rows
