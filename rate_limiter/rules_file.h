// The rules' file, read at the start and again when it changes.
//
//   1. A bad file changes nothing: the rules that were in force stay, and the log says why.
//   2. A change is in force within 2 s, whether the file was written in place or another one was moved over it; at once
//      on reload(), which SIGHUP calls. Without a file SIGHUP changes nothing.
//   3. A file that is being written is left alone until it has been still for a quarter of a second (at most for one
//      second), so that half a file, which may well be valid TOML, is not taken for the whole.
//
// A file that is away for a moment, as between an editor's unlink and its rename, is a change that has not ended.
// Belongs to thread 0 of its runtime.

#pragma once

#include <string>

#include "common/metrics.h"
#include "common/result.h"
#include "common/runtime/runtime.h"
#include "rate_limiter/rule_book.h"

namespace rate_limiter {

// The rules in the file at `path`. Failure::invalid with file, line and reason; so too when it cannot be read whole, or
// is no file. `log_max`: see make_limit() of rule.h.
common::Result<std::vector<Rule>> read_rules(const std::string& path, std::int64_t log_max = log_limit_max);

class RulesFile {
 public:
  // What tells one state of a file from another.
  struct Look {
    std::int64_t changed_s = 0;
    std::int64_t changed_ns = 0;
    std::uint64_t inode = 0;
    std::int64_t size = -1;  // -1: not there
    bool operator==(const Look&) const = default;
  };
  static Look look(const std::string& path);

  // The file at `path`, empty for none, has been read into `book`; `before` is what it looked like before that. All
  // must outlive this.
  RulesFile(std::string path, const Look& before, RuleBook& book, common::Metrics& metrics,
            std::int64_t log_max = log_limit_max);

  // Looks at the file four times a second, and reloads on SIGHUP, until the runtime shuts down.
  void watch(common::Runtime& runtime);
  // False when the file was refused.
  bool reload();

 private:
  common::Task<void> look_often();
  common::Task<void> reload_on_signal(common::Runtime& runtime);

  const std::string path_;
  RuleBook& book_;
  const std::int64_t log_max_;
  Look loaded_;  // as it was when it was read last
  prometheus::Counter& reloads_;
  prometheus::Counter& refusals_;
};

}  // namespace rate_limiter
