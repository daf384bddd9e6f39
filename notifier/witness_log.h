// What a provider took, written down before it says so: the witness of every test, and what the auditor reads.
//
// One JSON object a line: {"broadcast","notification","user","channel","attempt","key","at"}, and "items" for a digest.
//
//   1. A line is written (write(2), in one piece) before its delivery is accepted: what is acknowledged has its line,
//      whatever is killed afterwards. It may also be there unacknowledged.
//   2. With `dedupe` a key has one line, however often it comes, from whatever process: writers of one file take turns
//      (flock), and each first reads what others have written since.
//   3. A line cut short, by a crash or a full disk, is not counted, and ended by the next writer.
//
// Keys are remembered as 64 bits of a hash: of ten million keys two agree with a probability of 3 in a million; the
// second would be taken for a repetition. Thread-safe; blocks for the write.

#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.h"
#include "notifier/provider.h"

namespace notifier {

// A set of 64-bit hashes: open addressing, 8 bytes a slot, at most 70 % full.
class KeySet {
 public:
  // False if it was there.
  bool insert(std::string_view key);
  std::size_t size() const noexcept { return size_; }

 private:
  void grow();
  std::vector<std::uint64_t> slots_ = std::vector<std::uint64_t>(1024);
  std::size_t size_ = 0;
};

struct WitnessLine {
  bool broadcast = false;
  NotificationId notification = 0;
  std::string user{};
  Channel channel = Channel::email;
  std::uint32_t attempt = 1;
  std::string key{};
  std::vector<NotificationId> items{};
};

class WitnessLog {
 public:
  // Reads the file if it exists, else makes it, and its folder. Throws std::system_error when it cannot be opened or
  // written.
  WitnessLog(std::string file, bool dedupe);
  ~WitnessLog();
  WitnessLog(const WitnessLog&) = delete;
  WitnessLog& operator=(const WitnessLog&) = delete;

  // Writes those that are new. Throws std::system_error when the file cannot be written.
  void write(const std::vector<WitnessLine>& lines, common::TimePoint now);

 private:
  void read_others();
  bool in_a_line() const;
  void forget();

  const bool dedupe_;
  int file_;
  std::mutex mutex_;       // guards what follows
  std::int64_t read_ = 0;  // bytes of the file whose keys are known
  std::string tail_;       // of an incomplete line
  KeySet keys_;
};

}  // namespace notifier
