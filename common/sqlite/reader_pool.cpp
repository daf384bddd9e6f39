#include "common/sqlite/reader_pool.h"

#include <atomic>
#include <utility>

namespace common::sqlite {
namespace {

std::uint64_t next_pool_id() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

// The connection this thread used last, so that the usual case takes no lock.
struct LastUsed {
  std::uint64_t pool = 0;
  Database* connection = nullptr;
};
thread_local LastUsed last_used;

OpenOptions for_reading(OpenOptions file) {
  file.read_only = true;
  return file;
}

}  // namespace

ReaderPool::ReaderPool(OpenOptions file) : file_(for_reading(std::move(file))), id_(next_pool_id()) {}

Database& ReaderPool::local() {
  if (last_used.pool != id_) last_used = {id_, &open_local()};
  return *last_used.connection;
}

Database& ReaderPool::open_local() {
  const std::lock_guard lock(mutex_);
  auto& connection = connections_[std::this_thread::get_id()];
  if (!connection) connection = std::make_unique<Database>(file_);
  return *connection;
}

}  // namespace common::sqlite
