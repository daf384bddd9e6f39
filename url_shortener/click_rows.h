// What a row of click_rollups counts, as the migrations number it.

#pragma once

#include <string>

#include "url_shortener/click_store.h"

namespace url_shortener {

enum class ClickKind : int { all = 0, day = 1, referrer = 2, agent = 3 };

// Puts a row where it belongs.
inline void put(ClickStats& stats, int kind, ClickStats::Row row) {
  switch (static_cast<ClickKind>(kind)) {
    case ClickKind::all:
      stats.total = row.clicks;
      break;
    case ClickKind::day:
      stats.daily.push_back(std::move(row));
      break;
    case ClickKind::referrer:
      stats.referrers.push_back(std::move(row));
      break;
    case ClickKind::agent:
      stats.agents.push_back(std::move(row));
      break;
  }
}

}  // namespace url_shortener
