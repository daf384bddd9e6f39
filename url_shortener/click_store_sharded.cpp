#include "url_shortener/click_store_sharded.h"

#include <algorithm>
#include <stdexcept>

namespace url_shortener {

using common::Result;
using common::Task;

ClickStoreSharded::ClickStoreSharded(Shards& shards) : ring_(shards.ring()) {
  for (std::size_t i = 0; i < shards.size(); ++i)
    shards_.push_back(std::make_unique<ClickStorePostgres>(shards.at(i)));
}

Task<Result<void>> ClickStoreSharded::add(std::vector<ClickCount> batch, ClickBatchId id) {
  if (batch.empty()) co_return Result<void>{};
  const std::size_t place = place_of(batch.front().code);
  for (const auto& count : batch)
    if (place_of(count.code) != place) throw std::logic_error("one batch of clicks for two shards");
  co_return co_await shards_[place]->add(std::move(batch), id);
}

Task<Result<ClickStats>> ClickStoreSharded::stats(std::string code) {
  return shards_[place_of(code)]->stats(code);
}

}  // namespace url_shortener
