#include "notifier/witness_log.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <functional>
#include <system_error>

#include "common/json.h"
#include "common/text.h"
#include "notifier/fault_points.h"

namespace notifier {
namespace {

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

std::uint64_t hash_of(std::string_view key) {
  std::uint64_t hash = 0x9e3779b97f4a7c15ULL ^ key.size();
  for (const char c : key) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0xff51afd7ed558ccdULL;
    hash ^= hash >> 32;
  }
  hash *= 0xc4ceb9fe1a85ec53ULL;
  hash ^= hash >> 29;
  return hash == 0 ? 1 : hash;  // 0 is an empty slot
}

void append_line(std::string& text, const WitnessLine& line, std::string_view at) {
  const std::string id = std::to_string(line.notification);
  text.append("{\"broadcast\":").append(line.broadcast ? "\"" + id + "\"" : "null");
  text.append(",\"notification\":\"").append(id).append("\",\"user\":").append(common::json_quote(line.user));
  text.append(",\"channel\":\"").append(to_string(line.channel));
  text.append("\",\"attempt\":").append(std::to_string(line.attempt));
  text.append(",\"key\":").append(common::json_quote(line.key));
  text.append(",\"at\":\"").append(at).append("\"");
  if (!line.items.empty()) {
    text.append(",\"items\":[");
    for (const auto item : line.items)
      text.append(text.back() == '[' ? "" : ",").append("\"" + std::to_string(item) + "\"");
    text.append("]");
  }
  text.append("}\n");
}

class FileLock {
 public:
  explicit FileLock(int file) : file_(file) {
    while (::flock(file_, LOCK_EX) != 0) {
      if (errno != EINTR) fail("lock the sink's log");
    }
  }
  ~FileLock() { ::flock(file_, LOCK_UN); }
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  int file_;
};

// `file`; its folder is made.
const std::string& in_its_folder(const std::string& file) {
  const auto folder = std::filesystem::path(file).parent_path();
  if (!folder.empty()) std::filesystem::create_directories(folder);
  return file;
}

}  // namespace

bool KeySet::insert(std::string_view key) {
  if ((size_ + 1) * 10 > slots_.size() * 7) grow();
  const std::uint64_t hash = hash_of(key);
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t i = hash & mask;; i = (i + 1) & mask) {
    if (slots_[i] == hash) return false;
    if (slots_[i] != 0) continue;
    slots_[i] = hash;
    ++size_;
    return true;
  }
}

void KeySet::grow() {
  std::vector<std::uint64_t> larger(slots_.size() * 2);
  const std::size_t mask = larger.size() - 1;
  for (const std::uint64_t hash : slots_) {
    if (hash == 0) continue;
    std::size_t i = hash & mask;
    while (larger[i] != 0)
      i = (i + 1) & mask;
    larger[i] = hash;
  }
  slots_.swap(larger);
}

WitnessLog::WitnessLog(std::string file, bool dedupe)
    : dedupe_(dedupe), file_(::open(in_its_folder(file).c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0644)) {
  if (file_ < 0) fail("open " + file);
  const FileLock lock(file_);
  read_others();
}

WitnessLog::~WitnessLog() {
  ::close(file_);
}

// Up to the end of the file: the keys of whole lines.
void WitnessLog::read_others() {
  if (!dedupe_) return;
  constexpr std::string_view mark = "\"key\":\"";
  std::string buffer(256 * 1024, '\0');
  for (;;) {
    const auto got = ::pread(file_, buffer.data(), buffer.size(), read_);
    if (got < 0) fail("read the sink's log");
    if (got == 0) return;
    read_ += got;
    tail_.append(buffer.data(), static_cast<std::size_t>(got));
    std::size_t begin = 0;
    for (auto end = tail_.find('\n'); end != std::string::npos; end = tail_.find('\n', begin)) {
      const auto line = std::string_view(tail_).substr(begin, end - begin);
      begin = end + 1;
      const auto at = line.find(mark);
      if (at == std::string_view::npos || !line.ends_with('}')) continue;
      const auto key = line.substr(at + mark.size());
      keys_.insert(key.substr(0, key.find('"')));
    }
    tail_.erase(0, begin);
  }
}

// Whether the file ends in the middle of a line.
bool WitnessLog::in_a_line() const {
  if (dedupe_) return !tail_.empty();
  const auto end = ::lseek(file_, 0, SEEK_END);
  char last = '\n';
  return end > 0 && ::pread(file_, &last, 1, end - 1) == 1 && last != '\n';
}

// The file alone knows what was written: it is read again.
void WitnessLog::forget() {
  keys_ = KeySet{};
  read_ = 0;
  tail_.clear();
}

void WitnessLog::write(const std::vector<WitnessLine>& lines, common::TimePoint now) {
  const std::lock_guard lock(mutex_);
  const FileLock file_lock(file_);
  read_others();
  const std::string at = common::format_rfc3339(now);
  std::string text;
  if (in_a_line()) text = "\n";  // somebody died there
  for (const auto& line : lines) {
    if (dedupe_ && !keys_.insert(line.key)) continue;
    append_line(text, line, at);
  }
  const std::string_view all = text;
  for (std::size_t written = 0; written < all.size();) {
    const auto sent = ::write(file_, all.data() + written, all.size() - written);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) {
      const int error = errno;
      forget();
      errno = error;
      fail("write the sink's log");
    }
    written += static_cast<std::size_t>(sent);
  }
  if (dedupe_) {
    read_ += static_cast<std::int64_t>(all.size());
    tail_.clear();
  }
  faults::reach("sink.after_append");
}

}  // namespace notifier
