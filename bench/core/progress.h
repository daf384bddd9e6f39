// What is going on, while it goes on: to stderr, so that stdout holds results only.
//
// On a terminal one line is rewritten in place; elsewhere (a log file, CI) each comparison gets a
// line at its start and one each ten seconds.

#pragma once

#include <chrono>
#include <string>

namespace bench {

class Progress {
 public:
  explicit Progress(bool enabled = true);
  ~Progress() { clear(); }

  // `what` is being compared: one lasting line where nothing can be rewritten.
  void begin(const std::string& what);

  // The present state; cheap to call often.
  void show(const std::string& state);

  // Removes the rewritten line, before something lasting is printed.
  void clear();

 private:
  bool enabled_;
  bool terminal_;
  bool shown_ = false;
  std::chrono::steady_clock::time_point last_line_{};
};

}  // namespace bench
