#include "url_shortener/shard_mover.h"

#include <array>
#include <map>
#include <stdexcept>

#include "common/log.h"

namespace url_shortener {

using common::Task;
using common::postgres::Rows;
using common::postgres::SqlResult;
using common::postgres::Transaction;

namespace {

constexpr std::chrono::seconds patience{60};

// Whole rows, as JSON: columns that a later migration adds come along.
struct Table {
  common::postgres::Sql read, write, remove;
};
#define TABLE_OF_LINKS(NAME)                                                                                       \
  Table {                                                                                                          \
    "SELECT to_jsonb(" NAME ")::text FROM " NAME " WHERE code = ANY ($1::text[])",                                 \
        "INSERT INTO " NAME " SELECT row.* FROM unnest($1::text[]) AS json,"                                       \
        " jsonb_populate_record(NULL::" NAME ", json::jsonb) AS row ON CONFLICT DO NOTHING",                       \
        "DELETE FROM " NAME " WHERE code = ANY ($1::text[])"                                                       \
  }
constexpr std::array tables{TABLE_OF_LINKS("links"), TABLE_OF_LINKS("link_tags"), TABLE_OF_LINKS("link_words"),
                            TABLE_OF_LINKS("click_rollups")};

template <class T>
T expect(SqlResult<T> result, const std::string& server) {
  if (result.has_error()) throw std::runtime_error(server + ": " + result.error().message);
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

std::vector<std::string> first_column(Rows& rows) {
  std::vector<std::string> values;
  while (rows.next())
    values.emplace_back(rows.text(0));
  return values;
}

Task<SqlResult<void>> write_all(Transaction& transaction, const std::vector<std::vector<std::string>>& copied) {
  for (std::size_t i = 0; i < tables.size(); ++i) {
    const auto written = co_await transaction.run(tables[i].write, copied[i]);
    if (written.has_error()) co_return written.error();
  }
  co_return SqlResult<void>{};
}

Task<SqlResult<void>> remove_all(Transaction& transaction, const std::vector<std::string>& codes) {
  for (const Table& table : tables) {
    const auto removed = co_await transaction.run(table.remove, codes);
    if (removed.has_error()) co_return removed.error();
  }
  co_return SqlResult<void>{};
}

}  // namespace

std::string rebalance(const std::vector<std::string>& urls) {
  common::Runtime runtime(1);
  Shards shards(runtime, urls, 1, ShardUse::rebalance);
  ShardMover mover(shards);
  std::uint64_t moved = 0;
  runtime.run([](ShardMover& moves, Shards& all, std::uint64_t& outcome) -> Task<> {
    outcome = co_await moves.run();
    co_await all.stop();
  }(mover, shards, moved));
  end_rebalance(urls);
  return std::to_string(moved) + " links moved; each of " + std::to_string(urls.size()) +
         " shards has what belongs to it";
}

Task<std::uint64_t> ShardMover::run() {
  for (std::size_t shard = 0; shard < shards_.size(); ++shard)
    co_await move_from(shard);
  co_return moved_;
}

Task<> ShardMover::move_from(std::size_t shard) {
  const std::string name = "shard " + std::to_string(shard + 1);
  std::string last;
  for (std::uint64_t pages = 1;; ++pages) {
    auto rows = expect(co_await shards_.at(shard).pool().read(
                           patience, "SELECT code FROM links WHERE code > $1 ORDER BY code LIMIT $2", last, page_size),
                       name);
    const auto codes = first_column(rows);
    if (codes.empty()) break;
    last = codes.back();
    std::map<std::size_t, std::vector<std::string>> others;
    for (const auto& code : codes) {
      const auto owner = shards_.ring().owner(code);
      if (owner != shard) others[owner].push_back(code);
    }
    for (const auto& [owner, theirs] : others) {
      co_await move(shard, owner, theirs);
      moved_ += theirs.size();
    }
    if (pages % 100 == 0) {
      common::log::info("rebalancing", {{"shard", shard + 1}, {"looked at", pages * page_size}, {"moved", moved_}});
    }
  }
}

Task<> ShardMover::move(std::size_t from, std::size_t to, const std::vector<std::string>& codes) {
  const std::string source = "shard " + std::to_string(from + 1);
  const std::string target = "shard " + std::to_string(to + 1);
  std::vector<std::vector<std::string>> copied;
  for (const Table& table : tables) {
    auto rows = expect(co_await shards_.at(from).pool().read(patience, table.read, codes), source);
    copied.push_back(first_column(rows));
  }
  common::postgres::TransactionOptions options;
  options.deadline = patience;
  expect(co_await shards_.at(to).pool().transaction(
             options, [&](Transaction& transaction) { return write_all(transaction, copied); }),
         target);
  expect(co_await shards_.at(from).pool().transaction(
             options, [&](Transaction& transaction) { return remove_all(transaction, codes); }),
         source);
}

}  // namespace url_shortener
