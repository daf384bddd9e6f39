#include "rate_limiter/rules_file.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/basic_signal_set.hpp>
#include <boost/asio/redirect_error.hpp>

#include "common/log.h"
#include "rate_limiter/rules_toml.h"

namespace rate_limiter {
namespace {

constexpr std::chrono::milliseconds between_looks{250};
constexpr int looks_while_written_max = 4;
constexpr std::size_t file_bytes_max = 16 * 1024 * 1024;

using SignalSet = common::asio::basic_signal_set<common::Executor>;

// As many bytes as the file says it has: what ends earlier could not be read, or is being written.
common::Result<std::string> read_whole(int fd) {
  struct stat found {};
  const common::Error unreadable{common::Failure::invalid, "cannot be read"};
  if (fd < 0 || ::fstat(fd, &found) != 0) return unreadable;
  if (!S_ISREG(found.st_mode)) return common::Error{common::Failure::invalid, "is no file"};
  const auto size = static_cast<std::size_t>(found.st_size);
  if (size > file_bytes_max) return common::Error{common::Failure::invalid, "above 16 MiB"};
  std::string text(size, '\0');
  for (std::size_t done = 0; done < size;) {
    const auto part = ::read(fd, text.data() + done, size - done);
    if (part <= 0) return unreadable;
    done += static_cast<std::size_t>(part);
  }
  return text;
}

}  // namespace

common::Result<std::vector<Rule>> read_rules(const std::string& path, std::int64_t log_max) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  auto text = read_whole(fd);
  if (fd >= 0) ::close(fd);
  if (text.has_error()) return common::Error{common::Failure::invalid, path + ": " + text.error().message};
  return parse_rules(*text, path, log_max);
}

RulesFile::RulesFile(std::string path, const Look& before, RuleBook& book, common::Metrics& metrics,
                     std::int64_t log_max)
    : path_(std::move(path)),
      book_(book),
      log_max_(log_max),
      loaded_(before),
      reloads_(metrics.counter("rate_limiter_rule_reloads_total", "times the rules' file was read again",
                               {{"outcome", "taken"}})),
      refusals_(metrics.counter("rate_limiter_rule_reloads_total", "times the rules' file was read again",
                                {{"outcome", "refused"}})) {}

RulesFile::Look RulesFile::look(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return {};
  return {found.st_ctim.tv_sec, found.st_ctim.tv_nsec, found.st_ino, found.st_size};
}

bool RulesFile::reload() {
  if (path_.empty()) {
    common::log::info("there is no file of rules to be read again", {});
    return false;
  }
  loaded_ = look(path_);  // before reading: a change while we read is another change
  auto rules = read_rules(path_, log_max_);
  if (rules.has_error()) {
    refusals_.Increment();
    common::log::error("rules refused, the old ones stay in force", {{"reason", rules.error().message}});
    return false;
  }
  const std::size_t count = rules->size();
  if (!book_.replace(std::move(*rules))) {
    refusals_.Increment();
    common::log::error("rules refused, the old ones stay in force",
                       {{"reason", "too many names were rules since the start: each keeps its counters"}});
    return false;
  }
  reloads_.Increment();
  common::log::info("rules taken", {{"file", path_}, {"rules", count}});
  return true;
}

common::Task<void> RulesFile::look_often() {
  Look last = loaded_;
  int looks = 0;
  for (;;) {
    co_await common::sleep_for(between_looks);
    const Look now = look(path_);
    const bool still = now == last && now.size >= 0;
    last = now;
    looks = now == loaded_ ? 0 : looks + 1;
    if (looks > 0 && now.size >= 0 && (still || looks >= looks_while_written_max)) {
      reload();
      looks = 0;
    }
  }
}

common::Task<void> RulesFile::reload_on_signal(common::Runtime& runtime) {
  SignalSet signals(runtime.context(0), SIGHUP);
  for (;;) {
    boost::system::error_code cancelled;
    co_await signals.async_wait(common::asio::redirect_error(common::use_task, cancelled));
    if (cancelled) co_return;
    reload();
  }
}

void RulesFile::watch(common::Runtime& runtime) {
  if (!path_.empty()) common::spawn(runtime.executor(), "rules' file", look_often());
  common::spawn(runtime.executor(), "SIGHUP", reload_on_signal(runtime));
}

}  // namespace rate_limiter
