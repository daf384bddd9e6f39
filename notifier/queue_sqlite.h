// The queue in a SQLite file of its own: durable, nothing to install, any number of processes on one host.
//
// A log is a table ordered by (partition, position). Readers of a lane divide its partitions among themselves by a
// table of members: each says every second that it lives, and works out for itself, from the sorted list of the
// living, which partitions are its own. One that it should have and somebody else reads it waits for; one that it
// reads and should not it gives back, after draining. Who has said nothing for 5 s is dead, and its partitions are
// free.
//
// publish() may be called on any thread. A reader that waits looks 50 times a second.

#pragma once

#include <filesystem>
#include <memory>

#include "common/clock.h"
#include "common/sqlite/group_writer.h"
#include "common/sqlite/reader_pool.h"
#include "notifier/queue.h"

namespace notifier {

class QueueSqlite final : public Queue {
 public:
  static constexpr std::uint32_t partitions = 4;  // a lane; the retry lane has as many for each tier

  // Opens `folder`/notifier_queue.db. Throws std::exception with a line for people.
  QueueSqlite(const std::filesystem::path& folder, const common::Clock& clock);

  common::Task<common::Result<void>> publish(Lane lane, std::vector<Message> messages) override;
  std::unique_ptr<QueueReader> reader(Lane lane, common::Executor executor, ReaderEvents events) override;
  common::Task<> stop() override;
  std::optional<std::string> trouble() const override { return writer_.trouble(); }

 private:
  friend class QueueReaderSqlite;

  const common::Clock& clock_;
  const common::sqlite::OpenOptions file_;
  common::sqlite::GroupWriter writer_;
  common::sqlite::ReaderPool readers_;
};

}  // namespace notifier
