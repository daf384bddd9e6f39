#include "common/sqlite/log_vfs.h"

#include <sqlite3.h>

#include <new>
#include <stdexcept>
#include <vector>

namespace common::sqlite {
namespace {

// The default VFS cuts a write to its length modulo 128 KiB and would be told that the disk is full.
constexpr std::size_t piece_max = 96 * 1024;

sqlite3_vfs* default_vfs = nullptr;

// What SQLite allocates for a log file: this, and behind it the default VFS's own file.
struct LogFile : sqlite3_file {
  std::vector<char>* collected;
  sqlite3_int64 begins_at;  // where in the file `collected` belongs

  sqlite3_file* under() noexcept { return reinterpret_cast<sqlite3_file*>(this + 1); }
  const sqlite3_io_methods& real() noexcept { return *under()->pMethods; }

  int write_out() noexcept {
    if (collected->empty()) return SQLITE_OK;
    const int status = real().xWrite(under(), collected->data(), static_cast<int>(collected->size()), begins_at);
    collected->clear();
    return status;
  }

  bool is_continued_at(sqlite3_int64 offset, std::size_t size) const noexcept {
    return offset == begins_at + static_cast<sqlite3_int64>(collected->size()) && collected->size() + size <= piece_max;
  }
};

LogFile& log_file(sqlite3_file* file) noexcept {
  return *static_cast<LogFile*>(file);
}

int close(sqlite3_file* file) {
  LogFile& log = log_file(file);
  const int written = log.write_out();
  delete log.collected;
  const int closed = log.real().xClose(log.under());
  return written != SQLITE_OK ? written : closed;
}

int write(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset) {
  LogFile& log = log_file(file);
  const auto* bytes = static_cast<const char*>(data);
  if (!log.is_continued_at(offset, static_cast<std::size_t>(size))) {
    if (const int status = log.write_out(); status != SQLITE_OK) return status;
  }
  if (log.collected->empty()) log.begins_at = offset;
  try {
    log.collected->insert(log.collected->end(), bytes, bytes + size);
  } catch (const std::bad_alloc&) {
    return SQLITE_NOMEM;
  }
  return SQLITE_OK;
}

int read(sqlite3_file* file, void* data, int size, sqlite3_int64 offset) {
  LogFile& log = log_file(file);
  const int status = log.write_out();
  return status != SQLITE_OK ? status : log.real().xRead(log.under(), data, size, offset);
}

int truncate(sqlite3_file* file, sqlite3_int64 size) {
  LogFile& log = log_file(file);
  const int status = log.write_out();
  return status != SQLITE_OK ? status : log.real().xTruncate(log.under(), size);
}

int sync(sqlite3_file* file, int flags) {
  LogFile& log = log_file(file);
  const int status = log.write_out();
  return status != SQLITE_OK ? status : log.real().xSync(log.under(), flags);
}

int file_size(sqlite3_file* file, sqlite3_int64* size) {
  LogFile& log = log_file(file);
  const int status = log.write_out();
  return status != SQLITE_OK ? status : log.real().xFileSize(log.under(), size);
}

int file_control(sqlite3_file* file, int operation, void* argument) {
  LogFile& log = log_file(file);
  const int status = log.write_out();
  return status != SQLITE_OK ? status : log.real().xFileControl(log.under(), operation, argument);
}

int sector_size(sqlite3_file* file) {
  return log_file(file).real().xSectorSize(log_file(file).under());
}

int device_characteristics(sqlite3_file* file) {
  return log_file(file).real().xDeviceCharacteristics(log_file(file).under());
}

// SQLite locks the database file, never the log.
int no_lock(sqlite3_file*, int) {
  return SQLITE_OK;
}
int no_reserved_lock(sqlite3_file*, int* reserved) {
  *reserved = 0;
  return SQLITE_OK;
}

const sqlite3_io_methods log_methods = {
    .iVersion = 1,  // which has neither shared memory nor mapping
    .xClose = close,
    .xRead = read,
    .xWrite = write,
    .xTruncate = truncate,
    .xSync = sync,
    .xFileSize = file_size,
    .xLock = no_lock,
    .xUnlock = no_lock,
    .xCheckReservedLock = no_reserved_lock,
    .xFileControl = file_control,
    .xSectorSize = sector_size,
    .xDeviceCharacteristics = device_characteristics,
    .xShmMap = nullptr,
    .xShmLock = nullptr,
    .xShmBarrier = nullptr,
    .xShmUnmap = nullptr,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

int open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  if ((flags & SQLITE_OPEN_WAL) == 0) {
    return default_vfs->xOpen(default_vfs, name, file, flags, out_flags);
  }
  LogFile& log = log_file(file);
  log.pMethods = nullptr;  // nothing to close, should opening fail
  const int status = default_vfs->xOpen(default_vfs, name, log.under(), flags, out_flags);
  if (status != SQLITE_OK) return status;
  log.collected = new (std::nothrow) std::vector<char>;
  if (log.collected == nullptr) {
    log.real().xClose(log.under());
    return SQLITE_NOMEM;
  }
  log.begins_at = 0;
  log.pMethods = &log_methods;
  return SQLITE_OK;
}

sqlite3_vfs make_vfs() {
  default_vfs = sqlite3_vfs_find(nullptr);
  if (default_vfs == nullptr) throw std::runtime_error("SQLite has no VFS");
  sqlite3_vfs vfs = *default_vfs;
  vfs.zName = "loadbearing_log";
  vfs.szOsFile += static_cast<int>(sizeof(LogFile));
  vfs.xOpen = open;
  vfs.pNext = nullptr;
  return vfs;
}

}  // namespace

const char* log_vfs() {
  static sqlite3_vfs vfs = make_vfs();
  static const int status = sqlite3_vfs_register(&vfs, 0);
  if (status != SQLITE_OK) throw std::runtime_error("SQLite refuses a VFS");
  return vfs.zName;
}

}  // namespace common::sqlite
