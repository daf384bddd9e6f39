#include "url_shortener/click_counter.h"

#include <functional>
#include <map>
#include <tuple>

#include "common/log.h"
#include "common/per_thread.h"
#include "common/text.h"
#include "url_shortener/agent_class.h"

namespace url_shortener {
namespace {

constexpr std::size_t header_bytes_max = 512;  // of a Referer or User-Agent: the rest tells nothing more

std::uint64_t mix(std::uint64_t hash, std::uint64_t more) {
  return (hash ^ more) * 0x9E3779B97F4A7C15u;
}

std::uint64_t mix(std::uint64_t hash, std::string_view text) {
  return text.empty() ? mix(hash, 1) : mix(hash, std::hash<std::string_view>{}(text));
}

}  // namespace

ClickCounter::ClickCounter(common::Runtime& runtime, ClickStore& store, Options options)
    : runtime_(runtime), store_(store), options_(options), tables_(runtime.threads()) {}

void ClickCounter::count(std::size_t thread, std::string_view code, common::TimePoint now, std::string_view referer,
                         std::string_view user_agent) {
  referer = referer.substr(0, header_bytes_max);
  user_agent = user_agent.substr(0, header_bytes_max);
  const std::int64_t day = std::chrono::floor<std::chrono::days>(now).time_since_epoch().count();
  const std::uint64_t key = mix(mix(mix(static_cast<std::uint64_t>(day), code), referer), user_agent);

  Table& table = tables_[thread];
  common::add_single_writer(table.counted, 1);
  const auto [first, last] = table.rows.equal_range(key);
  for (auto row = first; row != last; ++row) {
    Row& found = row->second;
    if (found.code == code && found.day == day && found.referer == referer && found.user_agent == user_agent) {
      ++found.clicks;
      return;
    }
  }
  if (table.rows.size() + table.unwritten.size() >= options_.rows_max)
    return common::add_single_writer(table.dropped, 1);
  table.rows.emplace(key, Row{std::string(code), day, std::string(referer), std::string(user_agent), 1});
}

// Takes what was counted, by what is kept: many referrers share a host, many browsers a class.
std::vector<ClickCount> ClickCounter::add_up(Table& table) {
  std::map<std::tuple<std::string, std::string, std::string, std::string>, std::uint64_t> sums;
  for (auto& [key, row] : table.rows) {
    const common::TimePoint day{std::chrono::days{row.day}};
    sums[{std::move(row.code), common::day_string(day), referrer_host(row.referer),
          to_string(agent_class(row.user_agent))}] += row.clicks;
  }
  table.rows.clear();
  std::vector<ClickCount> batch = std::move(table.unwritten);
  table.unwritten.clear();
  for (auto& [kept, clicks] : sums) {
    const auto& [code, day, referrer, agent] = kept;
    batch.push_back({code, day, referrer, agent, clicks});
  }
  return batch;
}

common::Task<void> ClickCounter::flush_thread(std::size_t thread) {
  Table& table = tables_[thread];
  if (table.writing || (table.rows.empty() && table.unwritten.empty())) co_return;
  table.writing = true;
  auto batch = add_up(table);
  const auto written = co_await store_.add(batch);
  if (written.has_error()) {
    common::log::warn("clicks not written, kept for the next try",
                      {{"rows", batch.size()}, {"reason", written.error().message}});
    // An unknown outcome counts as written: counting twice would be worse than losing a second of clicks.
    if (written.error().kind != common::Failure::unknown_outcome) {
      table.unwritten.insert(table.unwritten.end(), batch.begin(), batch.end());
    }
  }
  table.writing = false;
}

common::Task<void> ClickCounter::flush_often(ClickCounter& counter, std::size_t thread) {
  for (;;) {
    co_await common::sleep_for(counter.options_.flush_every);
    co_await counter.flush_thread(thread);
  }
}

void ClickCounter::start(common::Metrics& metrics) {
  metrics.counter_of("clicks_counted_total", "redirects counted", [this] { return static_cast<double>(counted()); });
  metrics.counter_of("clicks_dropped_total", "clicks lost to a full table",
                     [this] { return static_cast<double>(dropped()); });
  for (std::size_t i = 0; i < tables_.size(); ++i) {
    common::spawn(runtime_.executor(i), "click counter", flush_often(*this, i));
  }
  runtime_.on_shut_down("write clicks", [this] { return flush(); });
}

common::Task<void> ClickCounter::flush() {
  for (std::size_t i = 0; i < tables_.size(); ++i) {
    // A write under way ends by itself; what came after it is ours to write.
    for (int tries = 0; tries < 100; ++tries) {
      const bool busy = co_await common::asio::co_spawn(runtime_.executor(i), try_flush(i), common::use_task);
      if (!busy) break;
      co_await common::sleep_for(std::chrono::milliseconds{10});
    }
  }
}

common::Task<bool> ClickCounter::try_flush(std::size_t thread) {
  if (tables_[thread].writing) co_return true;
  co_await flush_thread(thread);
  co_return false;
}

std::uint64_t ClickCounter::counted() const noexcept {
  std::uint64_t sum = 0;
  for (const auto& table : tables_)
    sum += table.counted.load(std::memory_order_relaxed);
  return sum;
}

std::uint64_t ClickCounter::dropped() const noexcept {
  std::uint64_t sum = 0;
  for (const auto& table : tables_)
    sum += table.dropped.load(std::memory_order_relaxed);
  return sum;
}

}  // namespace url_shortener
