#include "url_shortener/link_finder.h"

#include "common/runtime/all.h"
#include "common/runtime/runtime.h"

namespace url_shortener {

using common::Result;
using common::Task;

Task<Result<LinkFinder::Found>> LinkFinder::find(std::string code, LinkCacheLocal::Stamp stamp) {
  auto& look_ups = threads_[common::current_thread_index()].look_ups;
  const std::string name = code + ' ' + std::to_string(stamp.link) + ' ' + std::to_string(stamp.absence);
  co_return co_await look_ups.get(name, [&] { return look_up(code); });
}

Task<Result<LinkFinder::Found>> LinkFinder::look_up(const std::string& code) {
  if (shared_) {
    auto known = co_await shared_->find(code);
    if (known) co_return Found{std::move(known->link), false};
  }
  const auto read_at = shared_ ? shared_->stamp() : common::TimePoint{};
  auto link = co_await store_.find(code);
  if (link.has_error()) co_return link.error();
  if (shared_) {  // nobody waits for it
    common::spawn(co_await common::asio::this_coro::executor, "fill the shared cache",
                  shared_->put(code, *link, read_at));
  }
  co_return Found{std::move(*link), true};
}

Task<void> LinkFinder::changed(std::string code, std::optional<std::uint64_t> version) {
  if (shared_) co_await shared_->changed(code, version);
  local_.invalidate(code);
}

Task<void> LinkFinder::created(std::string code) {
  if (shared_) co_await shared_->changed(code, 1);
  local_.invalidate_absence(code);
}

Task<bool> LinkFinder::created_one(const std::string& code) {
  co_await created(code);
  co_return true;
}

Task<void> LinkFinder::created_all(std::vector<std::string> codes) {
  std::vector<Task<bool>> told;
  for (const auto& code : codes)
    told.push_back(created_one(code));
  co_await common::all(std::move(told));
}

}  // namespace url_shortener
