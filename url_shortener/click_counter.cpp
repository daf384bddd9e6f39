#include "url_shortener/click_counter.h"

#include <algorithm>
#include <functional>
#include <iterator>

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
    : runtime_(runtime), store_(store), options_(options), tables_(runtime.threads()) {
  for (std::size_t i = 0; i < tables_.size(); ++i) {
    tables_[i].places.resize(store.places());
    tables_[i].last_id.writer = options.writer + i;
  }
}

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
    const Row& found = row->second;
    if (found.code == code && found.day == day && found.referer == referer && found.user_agent == user_agent) {
      ++table.sums[found.sum].clicks;
      return;
    }
  }
  if (table.rows.size() + table.unwritten_rows >= options_.rows_max) {
    return common::add_single_writer(table.dropped, 1);
  }
  const std::size_t sum = sum_for(table, code, day, referer, user_agent);
  ++table.sums[sum].clicks;
  table.rows.emplace(key, Row{std::string(code), day, std::string(referer), std::string(user_agent), sum});
}

// Many referrers share a host, many browsers a class.
std::size_t ClickCounter::sum_for(Table& table, std::string_view code, std::int64_t day, std::string_view referer,
                                  std::string_view user_agent) {
  ClickCount sum{.code = std::string(code),
                 .day = common::day_string(common::TimePoint{std::chrono::days{day}}),
                 .referrer = referrer_host(referer),
                 .agent = to_string(agent_class(user_agent))};
  const std::string name = sum.code + '\n' + sum.day + '\n' + sum.referrer + '\n' + sum.agent;
  const auto [place, is_new] = table.sum_of.try_emplace(name, table.sums.size());
  if (is_new) table.sums.push_back(std::move(sum));
  return place->second;
}

common::Task<void> ClickCounter::flush_thread(std::size_t thread) {
  Table& table = tables_[thread];
  if (table.writing) co_return;
  table.writing = true;
  for (auto& sum : table.sums)
    table.places[store_.place_of(sum.code)].waiting.push_back(std::move(sum));
  table.unwritten_rows += table.sums.size();
  table.rows.clear();
  table.sums.clear();
  table.sum_of.clear();
  for (Place& place : table.places)
    co_await write_place(table, place);
  table.writing = false;
}

common::Task<void> ClickCounter::write_place(Table& table, Place& place) {
  while (!place.batch.empty() || !place.waiting.empty()) {
    if (place.batch.empty()) {
      const auto slice = static_cast<std::ptrdiff_t>(std::min(options_.slice_max, place.waiting.size()));
      place.batch.assign(std::make_move_iterator(place.waiting.end() - slice),
                         std::make_move_iterator(place.waiting.end()));
      place.waiting.erase(place.waiting.end() - slice, place.waiting.end());
      ++table.last_id.number;
      place.id = table.last_id;
    }
    auto batch = place.batch;
    const auto written = co_await store_.add(std::move(batch), place.id);
    if (written.has_error()) {
      common::log::warn("clicks not written, kept for the next try",
                        {{"rows", table.unwritten_rows}, {"reason", written.error().message}});
      co_return;
    }
    table.unwritten_rows -= place.batch.size();
    place.batch.clear();
  }
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
  runtime_.on_shut_down("write clicks", [this] { return drain(); });
}

common::Task<void> ClickCounter::flush() {
  for (std::size_t i = 0; i < tables_.size(); ++i) {
    co_await common::asio::co_spawn(runtime_.executor(i), flush_thread(i), common::use_task);
  }
}

common::Task<void> ClickCounter::drain() {
  for (std::size_t i = 0; i < tables_.size(); ++i) {
    while (co_await common::asio::co_spawn(runtime_.executor(i), drain_thread(i), common::use_task)) {
      co_await common::sleep_for(std::chrono::milliseconds{200});  // each failed try says so in the log
    }
  }
}

common::Task<bool> ClickCounter::drain_thread(std::size_t thread) {
  co_await flush_thread(thread);
  const Table& table = tables_[thread];
  co_return table.writing || !table.sums.empty() || table.unwritten_rows > 0;
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
