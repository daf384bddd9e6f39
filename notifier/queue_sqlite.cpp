#include "notifier/queue_sqlite.h"

#include <map>

#include "embedded/notifier_queue_0001.h"
#include "notifier/queue_reader_sqlite.h"

namespace notifier {

using common::Result;
using common::Task;
using common::sqlite::Database;

namespace {

common::sqlite::OpenOptions up_to_date(const std::filesystem::path& folder) {
  common::sqlite::OpenOptions file;
  file.file = folder / "notifier_queue.db";
  file.busy_timeout = std::chrono::seconds{20};
  const std::array migrations{common::sqlite::Migration{1, embedded::notifier_queue_0001}};
  Database database(file);
  common::sqlite::migrate(database, migrations);
  return file;
}

int log_of(Lane lane, const Message& message, common::TimePoint now) {
  const std::size_t tier = lane == Lane::retry ? retry_tier(message.not_before - now) : 0;
  return partition_number(lane, tier, static_cast<int>(partition_of(message.user, QueueSqlite::partitions)));
}

void append(Database& database, const std::map<int, std::vector<const Message*>>& logs) {
  for (const auto& [log, messages] : logs) {
    std::int64_t position = 0;
    {
      auto row = database.query(
          "INSERT INTO logs VALUES (?1, ?2) ON CONFLICT DO UPDATE SET next_position = next_position + ?2"
          " RETURNING next_position",
          log, messages.size());
      row.next();
      position = row.integer(0) - static_cast<std::int64_t>(messages.size());
    }
    for (const Message* message : messages) {
      const auto trace = message->traceparent.empty() ? std::nullopt : std::optional(message->traceparent);
      database.run("INSERT INTO messages VALUES (?, ?, ?, ?, ?)", log, position++, message->user, to_text(*message),
                   trace);
    }
  }
}

}  // namespace

QueueSqlite::QueueSqlite(const std::filesystem::path& folder, const common::Clock& clock)
    : clock_(clock), file_(up_to_date(folder)), writer_(file_, {}), readers_(file_) {}

Task<Result<void>> QueueSqlite::publish(Lane lane, std::vector<Message> messages) {
  std::map<int, std::vector<const Message*>> logs;
  for (const auto& message : messages)
    logs[log_of(lane, message, clock_.now())].push_back(&message);
  co_return co_await writer_.write([&](Database& database) { append(database, logs); });
}

std::unique_ptr<QueueReader> QueueSqlite::reader(Lane lane, common::Executor executor, ReaderEvents events) {
  return std::make_unique<QueueReaderSqlite>(*this, lane, std::move(executor), std::move(events));
}

Task<> QueueSqlite::stop() {
  writer_.stop();
  co_return;
}

}  // namespace notifier
