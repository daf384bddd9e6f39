#include "notifier/queue_reader_sqlite.h"

#include <algorithm>

#include "common/log.h"
#include "common/random.h"
#include "common/text.h"

namespace notifier {

using common::Result;
using common::Task;
using common::sqlite::Database;

namespace {

constexpr std::chrono::seconds silence_limit{5};
constexpr std::chrono::seconds sign_of_life_every{1};
constexpr std::chrono::milliseconds look_every{20};
constexpr std::int64_t trim_from = 4000;  // messages: deleting them one by one would cost a commit each

std::vector<int> logs_of(Lane lane) {
  const std::size_t tiers = lane == Lane::retry ? retry_tiers.size() : 1;
  std::vector<int> logs;
  for (std::size_t tier = 0; tier < tiers; ++tier) {
    for (std::uint32_t i = 0; i < QueueSqlite::partitions; ++i)
      logs.push_back(partition_number(lane, tier, static_cast<int>(i)));
  }
  return logs;
}

struct Shares {
  std::vector<int> mine;  // partitions that should be ours
  std::vector<int> held;  // that are: less than we think, if we were taken for dead
};

// Says that `member` lives.
Shares live(Database& database, Lane lane, const std::string& member, common::TimePoint now) {
  const int number = static_cast<int>(lane);
  database.run("INSERT INTO members VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET alive_until = ?3", number, member,
               now + silence_limit);
  database.run(
      "DELETE FROM readers WHERE lane = ?1 AND member NOT IN"
      " (SELECT member FROM members WHERE lane = ?1 AND alive_until > ?2)",
      number, now);
  database.run("DELETE FROM members WHERE lane = ? AND alive_until <= ?", number, now);
  std::vector<std::string> members;
  {
    auto row = database.query("SELECT member FROM members WHERE lane = ? ORDER BY member", number);
    while (row.next())
      members.emplace_back(row.text(0));
  }
  const auto place = std::find(members.begin(), members.end(), member) - members.begin();
  const auto logs = logs_of(lane);
  Shares shares;
  for (std::size_t i = static_cast<std::size_t>(place); i < logs.size(); i += members.size())
    shares.mine.push_back(logs[i]);
  auto row = database.query("SELECT partition FROM readers WHERE lane = ? AND member = ?", number, member);
  while (row.next())
    shares.held.push_back(static_cast<int>(row.integer(0)));
  return shares;
}

bool contains(const std::vector<int>& list, int log) {
  return std::find(list.begin(), list.end(), log) != list.end();
}

// False when another reader still has it.
bool take_log(Database& database, Lane lane, int log, const std::string& member) {
  database.run("INSERT OR IGNORE INTO readers VALUES (?, ?, ?)", log, static_cast<int>(lane), member);
  auto row = database.query("SELECT member FROM readers WHERE partition = ?", log);
  return row.next() && row.text(0) == member;
}

void give_log(Database& database, int log, const std::string& member) {
  database.run("DELETE FROM readers WHERE partition = ? AND member = ?", log, member);
}

}  // namespace

QueueReaderSqlite::QueueReaderSqlite(QueueSqlite& queue, Lane lane, common::Executor executor, ReaderEvents events)
    : queue_(queue), lane_(lane), executor_(std::move(executor)), events_(std::move(events)), member_([] {
        const auto digits = common::hex_digits(common::thread_random().next());
        return std::string(digits.data(), digits.size());
      }()) {}

Task<Result<std::vector<Received>>> QueueReaderSqlite::take(std::size_t limit, std::chrono::milliseconds wait) {
  const auto end = queue_.clock_.monotonic() + wait;
  for (;;) {
    if (queue_.clock_.monotonic() >= member_until_) {
      const auto kept = co_await keep_membership();
      if (kept.has_error()) co_return kept.error();
      member_until_ = queue_.clock_.monotonic() + sign_of_life_every;
    }
    auto got = read(limit);
    if (got.has_error() || !got->empty() || queue_.clock_.monotonic() >= end) co_return got;
    co_await common::sleep_for(look_every);
  }
}

Task<Result<void>> QueueReaderSqlite::keep_membership() {
  const auto trimmed = co_await trim();
  if (trimmed.has_error()) co_return trimmed.error();
  const auto shares = co_await queue_.writer_.write(
      [&](Database& database) { return live(database, lane_, member_, queue_.clock_.now()); });
  if (shares.has_error()) co_return shares.error();
  co_return co_await rebalance(shares->mine, shares->held);
}

Task<Result<void>> QueueReaderSqlite::rebalance(const std::vector<int>& mine, const std::vector<int>& held) {
  std::vector<int> lost;
  for (const auto& [log, place] : places_) {
    if (!contains(mine, log) || !contains(held, log)) lost.push_back(log);
  }
  for (const int log : lost) {
    co_await events_.revoked(log);
    places_.erase(log);
    const auto given = co_await queue_.writer_.write([&](Database& database) { give_log(database, log, member_); });
    if (given.has_error()) co_return given.error();
  }
  for (const int log : mine) {
    if (places_.contains(log)) continue;
    const auto taken =
        co_await queue_.writer_.write([&](Database& database) { return take_log(database, lane_, log, member_); });
    if (taken.has_error()) co_return taken.error();
    if (!*taken) continue;
    const auto from = co_await events_.assigned(log);
    if (from.has_error()) co_return from.error();
    places_[log] = Place{*from, *from, 0};
  }
  co_return Result<void>{};
}

// Round robin over the partitions, so that a long one starves no other.
Result<std::vector<Received>> QueueReaderSqlite::read(std::size_t limit) {
  std::vector<Received> got;
  if (places_.empty()) return got;
  const auto now = queue_.clock_.now();
  auto at = places_.lower_bound(turn_);
  for (std::size_t i = 0; i < places_.size() && got.empty(); ++i) {
    if (at == places_.end()) at = places_.begin();
    auto& [log, place] = *at++;
    turn_ = log + 1;
    auto rows = common::sqlite::guarded([&] {
      auto row = queue_.readers_.local().query(
          "SELECT position, user, value, traceparent FROM messages WHERE partition = ? AND position >= ?"
          " ORDER BY position LIMIT ?",
          log, place.next, limit);
      while (row.next()) {
        Received received{log, row.integer(0), {}};
        received.message.user = row.text(1);
        if (!row.is_null(3)) received.message.traceparent = row.text(3);
        if (!read_message(row.text(2), received.message))
          throw std::runtime_error("a message of the queue is unreadable");
        if (received.message.not_before > now) break;
        got.push_back(std::move(received));
      }
      return true;
    });
    if (rows.has_error()) return rows.error();
    if (!got.empty()) place.next = got.back().offset + 1;
  }
  return got;
}

void QueueReaderSqlite::restart(int partition) {
  places_.erase(partition);
  member_until_ = {};
}

void QueueReaderSqlite::processed(int partition, std::int64_t offset) {
  const auto place = places_.find(partition);
  if (place != places_.end()) place->second.processed = std::max(place->second.processed, offset);
}

Task<Result<void>> QueueReaderSqlite::trim() {
  std::vector<std::pair<int, std::int64_t>> due;
  for (auto& [log, place] : places_) {
    if (place.processed - place.trimmed < trim_from) continue;
    due.emplace_back(log, place.processed);
    place.trimmed = place.processed;
  }
  if (due.empty()) co_return Result<void>{};
  co_return co_await queue_.writer_.write([&](Database& database) {
    for (const auto& [log, below] : due)
      database.run("DELETE FROM messages WHERE partition = ? AND position < ?", log, below);
  });
}

Task<> QueueReaderSqlite::stop() {
  for (const auto& [log, place] : places_)
    co_await events_.revoked(log);
  places_.clear();
  const auto left = co_await queue_.writer_.write([&](Database& database) {
    database.run("DELETE FROM readers WHERE member = ?", member_);
    database.run("DELETE FROM members WHERE member = ?", member_);
  });
  if (left.has_error()) common::log::warn("queue reader left without a word", {{"reason", left.error().message}});
}

}  // namespace notifier
