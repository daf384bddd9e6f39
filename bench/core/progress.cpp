#include "bench/core/progress.h"

#include <unistd.h>

#include <cstdio>

namespace bench {

Progress::Progress(bool enabled) : enabled_(enabled), terminal_(isatty(STDERR_FILENO) == 1) {}

void Progress::begin(const std::string& what) {
  last_line_ = std::chrono::steady_clock::now();
  if (!enabled_) return;
  if (terminal_) return show(what);
  std::fprintf(stderr, "%s ...\n", what.c_str());
}

void Progress::show(const std::string& state) {
  if (!enabled_) return;
  if (terminal_) {
    std::fprintf(stderr, "\r\033[K%.100s", state.c_str());
    std::fflush(stderr);
    shown_ = true;
    return;
  }
  const auto now = std::chrono::steady_clock::now();
  if (now - last_line_ < std::chrono::seconds(10)) return;
  last_line_ = now;
  std::fprintf(stderr, "  %s\n", state.c_str());
}

void Progress::clear() {
  if (shown_) std::fprintf(stderr, "\r\033[K");
  shown_ = false;
}

}  // namespace bench
