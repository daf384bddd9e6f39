#include "url_shortener/click_store_postgres.h"

#include "url_shortener/click_rows.h"

namespace url_shortener {

using common::Result;
using common::Task;

namespace {

struct Columns {
  void add(std::string_view code, ClickKind kind, std::string_view name, std::uint64_t count) {
    codes.push_back(code);
    kinds.push_back(static_cast<int>(kind));
    names.push_back(name);
    clicks.push_back(count);
  }
  std::vector<std::string_view> codes, names;
  std::vector<int> kinds;
  std::vector<std::uint64_t> clicks;
};

Columns rollups_of(const std::vector<ClickCount>& batch) {
  Columns columns;
  for (const auto& count : batch) {
    columns.add(count.code, ClickKind::all, "", count.clicks);
    columns.add(count.code, ClickKind::day, count.day, count.clicks);
    columns.add(count.code, ClickKind::referrer, count.referrer, count.clicks);
    columns.add(count.code, ClickKind::agent, count.agent, count.clicks);
  }
  return columns;
}

}  // namespace

// The batch's number is settled first, and waits for whoever adds the same batch: `fresh` is empty when that one has.
// New referrers of a code get rows of their own until it has $5 of them; the rest is added up as $6. Two batches at one
// time may each see room for the last one: then it has a few more.
Task<Result<void>> ClickStorePostgres::add(std::vector<ClickCount> batch, ClickBatchId id) {
  const Columns c = rollups_of(batch);
  const auto added = co_await store_.pool().write(
      "WITH fresh AS (INSERT INTO click_writers AS seen (writer, last) SELECT $7::bigint, $8::bigint WHERE $7 <> 0"
      "               ON CONFLICT (writer) DO UPDATE SET last = excluded.last WHERE seen.last < excluded.last"
      "               RETURNING 1),"
      " given AS (SELECT code, kind, name, sum(clicks)::bigint AS clicks"
      "               FROM unnest($1::text[], $2::smallint[], $3::text[], $4::bigint[]) AS t (code, kind, name, clicks)"
      "               WHERE $7 = 0 OR EXISTS (SELECT FROM fresh)"
      "               GROUP BY code, kind, name),"
      " known AS (SELECT code, count(*) AS referrers FROM click_rollups"
      "           WHERE kind = 2 AND code = ANY ($1::text[]) GROUP BY code),"
      " placed AS (SELECT given.code, given.kind, given.clicks,"
      "            CASE WHEN given.kind <> 2 OR there.code IS NOT NULL"
      "                      OR coalesce(known.referrers, 0) + row_number() OVER"
      "                         (PARTITION BY given.code, given.kind, there.code IS NULL ORDER BY given.name) <= $5"
      "                 THEN given.name ELSE $6 END AS name"
      "            FROM given LEFT JOIN click_rollups AS there USING (code, kind, name)"
      "            LEFT JOIN known ON known.code = given.code)"
      " INSERT INTO click_rollups AS kept (code, kind, name, clicks)"
      " SELECT code, kind, name, sum(clicks) FROM placed GROUP BY code, kind, name ORDER BY code, kind, name"
      " ON CONFLICT (code, kind, name) DO UPDATE SET clicks = kept.clicks + excluded.clicks",
      c.codes, c.kinds, c.names, c.clicks, referrers_kept_max, other_referrers, id.writer, id.number);
  if (added.has_error()) co_return added.error();
  co_return Result<void>{};
}

Task<Result<ClickStats>> ClickStorePostgres::stats(std::string code) {
  auto rows = co_await store_.pool().read("SELECT kind, name, clicks FROM click_rollups WHERE code = $1", code);
  if (rows.has_error()) co_return rows.error();
  ClickStats stats;
  while (rows->next()) {
    put(stats, static_cast<int>(rows->integer(0)),
        {std::string(rows->text(1)), static_cast<std::uint64_t>(rows->integer(2))});
  }
  arrange(stats);
  co_return stats;
}

}  // namespace url_shortener
