#include "url_shortener/click_store_sqlite.h"

#include "url_shortener/click_rows.h"

namespace url_shortener {

using common::Result;
using common::Task;
using common::sqlite::Database;

namespace {

// False if there is no such row yet.
bool add_to_row(Database& database, std::string_view code, ClickKind kind, std::string_view name,
                std::uint64_t clicks) {
  const int changed = database.run(
      "UPDATE click_rollups SET clicks = clicks + ?4"
      " WHERE code = ?1 AND kind = ?2 AND name = ?3",
      code, static_cast<int>(kind), name, clicks);
  return changed != 0;
}

void add_to(Database& database, std::string_view code, ClickKind kind, std::string_view name, std::uint64_t clicks) {
  database.run(
      "INSERT INTO click_rollups (code, kind, name, clicks) VALUES (?, ?, ?, ?)"
      " ON CONFLICT DO UPDATE SET clicks = clicks + excluded.clicks",
      code, static_cast<int>(kind), name, clicks);
}

void add_referrer(Database& database, const ClickCount& count) {
  if (add_to_row(database, count.code, ClickKind::referrer, count.referrer, count.clicks)) return;
  bool told_apart = false;
  {
    auto known = database.query("SELECT count(*) FROM click_rollups WHERE code = ? AND kind = ?", count.code,
                                static_cast<int>(ClickKind::referrer));
    told_apart = known.next() && static_cast<std::size_t>(known.integer(0)) < referrers_kept_max;
  }
  add_to(database, count.code, ClickKind::referrer, told_apart ? count.referrer : other_referrers, count.clicks);
}

ClickStats read_stats(Database& database, std::string_view code) {
  ClickStats stats;
  auto rows = database.query("SELECT kind, name, clicks FROM click_rollups WHERE code = ?", code);
  while (rows.next()) {
    put(stats, static_cast<int>(rows.integer(0)),
        {std::string(rows.text(1)), static_cast<std::uint64_t>(rows.integer(2))});
  }
  return stats;
}

}  // namespace

Task<Result<void>> ClickStoreSqlite::add(std::vector<ClickCount> batch) {
  co_return co_await store_.writer().write([&](Database& database) {
    for (const auto& count : batch) {
      add_to(database, count.code, ClickKind::all, "", count.clicks);
      add_to(database, count.code, ClickKind::day, count.day, count.clicks);
      add_to(database, count.code, ClickKind::agent, count.agent, count.clicks);
      add_referrer(database, count);
    }
  });
}

Task<Result<ClickStats>> ClickStoreSqlite::stats(std::string code) {
  auto stats = store_.read([&](Database& database) { return read_stats(database, code); });
  if (stats) arrange(*stats);
  co_return stats;
}

}  // namespace url_shortener
