#include "url_shortener/click_store.h"

#include <algorithm>

namespace url_shortener {
namespace {

constexpr std::size_t days_max = 400;
constexpr std::size_t referrers_max = 50;

void keep_most_clicked(std::vector<ClickStats::Row>& rows, std::size_t max) {
  const auto end = rows.begin() + static_cast<std::ptrdiff_t>(std::min(max, rows.size()));
  std::partial_sort(rows.begin(), end, rows.end(), [](const auto& a, const auto& b) {
    return a.clicks != b.clicks ? a.clicks > b.clicks : a.name < b.name;
  });
  rows.erase(end, rows.end());
}

}  // namespace

void arrange(ClickStats& stats) {
  std::sort(stats.daily.begin(), stats.daily.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  if (stats.daily.size() > days_max) {
    stats.daily.erase(stats.daily.begin(), stats.daily.end() - days_max);  // the last days stay
  }
  keep_most_clicked(stats.referrers, referrers_max);
  keep_most_clicked(stats.agents, stats.agents.size());
}

}  // namespace url_shortener
