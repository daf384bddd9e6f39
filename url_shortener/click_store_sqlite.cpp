#include "url_shortener/click_store_sqlite.h"

#include <unordered_map>

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

// The referrers of the codes of one batch, counted once a code: a stranger sends as many new ones as it likes.
class Referrers {
 public:
  explicit Referrers(Database& database) : database_(database) {}

  void add(const ClickCount& count) {
    if (add_to_row(database_, count.code, ClickKind::referrer, count.referrer, count.clicks)) return;
    std::size_t& known = known_of(count.code);
    const bool told_apart = known < referrers_kept_max;
    if (told_apart) ++known;
    add_to(database_, count.code, ClickKind::referrer, told_apart ? count.referrer : other_referrers, count.clicks);
  }

 private:
  std::size_t& known_of(const std::string& code) {
    const auto [known, is_new] = known_.try_emplace(code, 0);
    if (is_new) {
      auto rows = database_.query("SELECT count(*) FROM click_rollups WHERE code = ? AND kind = ?", code,
                                  static_cast<int>(ClickKind::referrer));
      if (rows.next()) known->second = static_cast<std::size_t>(rows.integer(0));
    }
    return known->second;
  }

  Database& database_;
  std::unordered_map<std::string, std::size_t> known_;
};

// False if the batch has been added before.
bool is_new(Database& database, const ClickBatchId& id) {
  if (id.writer == 0) return true;
  return database.run(
             "INSERT INTO click_writers (writer, last) VALUES (?, ?)"
             " ON CONFLICT DO UPDATE SET last = excluded.last WHERE last < excluded.last",
             id.writer, id.number) > 0;
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

Task<Result<void>> ClickStoreSqlite::add(std::vector<ClickCount> batch, ClickBatchId id) {
  co_return co_await store_.writer().write([&](Database& database) {
    if (!is_new(database, id)) return;
    Referrers referrers(database);
    for (const auto& count : batch) {
      add_to(database, count.code, ClickKind::all, "", count.clicks);
      add_to(database, count.code, ClickKind::day, count.day, count.clicks);
      add_to(database, count.code, ClickKind::agent, count.agent, count.clicks);
      referrers.add(count);
    }
  });
}

Task<Result<ClickStats>> ClickStoreSqlite::stats(std::string code) {
  auto stats = store_.read([&](Database& database) { return read_stats(database, code); });
  if (stats) arrange(*stats);
  co_return stats;
}

}  // namespace url_shortener
