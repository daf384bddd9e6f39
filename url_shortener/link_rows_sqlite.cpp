#include "url_shortener/link_rows_sqlite.h"

#include "common/digest.h"
#include "url_shortener/tags_json.h"

namespace url_shortener::rows {
namespace {

using common::TimePoint;
using common::sqlite::Blob;
using common::sqlite::Rows;

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
  link.deleted = row.integer(7) != 0;
  if (!row.is_null(8)) link.tags = tags_from_json(row.text(8));
  return link;
}

std::vector<Link> links_of(Rows rows) {
  std::vector<Link> links;
  while (rows.next())
    links.push_back(link_of(rows));
  return links;
}

void insert_tags(Database& database, const Link& link) {
  for (const auto& tag : link.tags) {
    database.run("INSERT INTO link_tags (tag, created_at, code) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", tag,
                 link.created_at, link.code);
  }
}

void delete_tags(Database& database, const Link& link) {
  for (const auto& tag : link.tags) {
    database.run("DELETE FROM link_tags WHERE tag = ? AND created_at = ? AND code = ?", tag, link.created_at,
                 link.code);
  }
}

}  // namespace

std::optional<Link> find_link(Database& database, std::string_view code) {
  auto rows = database.query("SELECT " LINK_COLUMNS " FROM links WHERE code = ?", code);
  if (!rows.next()) return std::nullopt;
  return link_of(rows);
}

// The conditions are those of the index links_by_url, word for word.
const char* const sqlite_find_live =
    "SELECT " LINK_COLUMNS
    " FROM links WHERE url_sha256 = ? AND coalesce(expires_at, 9223372036854775807) > ?"
    " AND deleted = 0 AND (max_clicks IS NULL OR clicks_used < max_clicks)"
    " AND long_url = ? ORDER BY coalesce(expires_at, 9223372036854775807) DESC LIMIT 1";

std::optional<Link> find_live_link(Database& database, std::string_view long_url, std::string_view hash,
                                   TimePoint now) {
  auto rows = database.query(sqlite_find_live, Blob{hash}, now, long_url);
  if (!rows.next()) return std::nullopt;
  return link_of(rows);
}

std::vector<Link> list_links(Database& database, const ListQuery& query) {
  const TimePoint time = query.before ? query.before->first : TimePoint::max();
  const std::string_view code = query.before ? std::string_view(query.before->second) : "";
  if (!query.tag) {
    return links_of(database.query("SELECT " LINK_COLUMNS
                                   " FROM links WHERE deleted = 0 AND (created_at, code) < (?, ?)"
                                   " ORDER BY created_at DESC, code DESC LIMIT ?",
                                   time, code, query.limit));
  }
  return links_of(
      database.query("SELECT " LINK_COLUMNS
                     " FROM (SELECT code AS tagged FROM link_tags WHERE tag = ? AND (created_at, code) < (?, ?)"
                     "       ORDER BY created_at DESC, code DESC LIMIT ?)"
                     " JOIN links ON code = tagged ORDER BY created_at DESC, code DESC",
                     *query.tag, time, code, query.limit));
}

bool insert_link(Database& database, const Link& link, std::string_view hash) {
  const int inserted = database.run(
      "INSERT INTO links (code, long_url, url_sha256, created_at, expires_at, max_clicks, tags)"
      " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
      link.code, link.long_url, Blob{hash}, link.created_at, link.expires_at, link.max_clicks, tags_to_json(link.tags));
  if (inserted == 0) return false;
  insert_tags(database, link);
  return true;
}

void update_link(Database& database, const Link& before, const Link& after) {
  database.run(
      "UPDATE links SET long_url = ?, url_sha256 = ?, expires_at = ?, max_clicks = ?,"
      " clicks_used = ?, version = ?, deleted = ?, tags = ? WHERE code = ?",
      after.long_url, Blob{common::sha256(after.long_url)}, after.expires_at, after.max_clicks, after.clicks_used,
      after.version, after.deleted, tags_to_json(after.tags), after.code);
  delete_tags(database, before);
  if (!after.deleted) insert_tags(database, after);
}

void count_click(Database& database, const Link& link) {
  database.run("UPDATE links SET clicks_used = ? WHERE code = ?", link.clicks_used, link.code);
}

std::optional<IdempotentAnswer> find_answer(Database& database, const std::string& scope, const std::string& key,
                                            TimePoint now) {
  auto rows = database.query(
      "SELECT request_hash, status, headers, body FROM idempotent_answers"
      " WHERE scope = ? AND key = ? AND created_at > ?",
      scope, key, now - answer_lifetime);
  if (!rows.next()) return std::nullopt;
  return IdempotentAnswer{scope,
                          key,
                          std::string(rows.blob(0)),
                          static_cast<int>(rows.integer(1)),
                          std::string(rows.text(2)),
                          std::string(rows.blob(3))};
}

void keep_answer(Database& database, const IdempotentAnswer& answer, TimePoint now) {
  database.run(
      "DELETE FROM idempotent_answers WHERE rowid IN (SELECT rowid FROM idempotent_answers"
      " WHERE created_at <= ? ORDER BY created_at LIMIT 2)",
      now - answer_lifetime);
  database.run(
      "INSERT OR REPLACE INTO idempotent_answers"
      " (scope, key, request_hash, status, headers, body, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
      answer.scope, answer.key, Blob{answer.request_hash}, answer.status, answer.headers, Blob{answer.body}, now);
}

}  // namespace url_shortener::rows
