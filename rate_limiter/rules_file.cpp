#include "rate_limiter/rules_file.h"

#include <signal.h>
#include <sys/stat.h>

#include <boost/asio/basic_signal_set.hpp>
#include <boost/asio/redirect_error.hpp>
#include <fstream>
#include <sstream>

#include "common/log.h"
#include "rate_limiter/rules_toml.h"

namespace rate_limiter {
namespace {

constexpr std::chrono::milliseconds between_looks{250};
constexpr int looks_while_written_max = 4;
constexpr std::size_t file_bytes_max = 16 * 1024 * 1024;

using SignalSet = common::asio::basic_signal_set<common::Executor>;

}  // namespace

common::Result<std::vector<Rule>> read_rules(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  // An empty file is good, and sets failbit when it is copied.
  if (!file.is_open() || file.bad()) return common::Error{common::Failure::invalid, path + ": cannot be read"};
  if (text.view().size() > file_bytes_max) return common::Error{common::Failure::invalid, path + ": above 16 MiB"};
  return parse_rules(text.view(), path);
}

RulesFile::RulesFile(std::string path, RuleBook& book, common::Metrics& metrics)
    : path_(std::move(path)),
      book_(book),
      loaded_(look()),
      reloads_(metrics.counter("rate_limiter_rule_reloads_total", "times the rules' file was read again",
                               {{"outcome", "taken"}})),
      refusals_(metrics.counter("rate_limiter_rule_reloads_total", "times the rules' file was read again",
                                {{"outcome", "refused"}})) {}

RulesFile::Look RulesFile::look() const {
  struct stat found {};
  if (::stat(path_.c_str(), &found) != 0) return {};
  return {found.st_ctim.tv_sec, found.st_ctim.tv_nsec, found.st_ino, found.st_size};
}

bool RulesFile::reload() {
  loaded_ = look();  // before reading: a change while we read is another change
  auto rules = read_rules(path_);
  if (rules.has_error()) {
    refusals_.Increment();
    common::log::error("rules refused, the old ones stay in force", {{"reason", rules.error().message}});
    return false;
  }
  const std::size_t count = rules->size();
  book_.replace(std::move(*rules));
  reloads_.Increment();
  common::log::info("rules taken", {{"file", path_}, {"rules", count}});
  return true;
}

common::Task<void> RulesFile::look_often() {
  Look last = loaded_;
  int looks = 0;
  for (;;) {
    co_await common::sleep_for(between_looks);
    const Look now = look();
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
  common::spawn(runtime.executor(), "rules' file", look_often());
  common::spawn(runtime.executor(), "SIGHUP", reload_on_signal(runtime));
}

}  // namespace rate_limiter
