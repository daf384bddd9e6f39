#include "url_shortener/link_finder.h"

#include "common/runtime/runtime.h"

namespace url_shortener {

using common::Result;
using common::Task;

Task<Result<LinkFinder::Found>> LinkFinder::find(std::string code, LinkCacheLocal::Stamp stamp) {
  auto& look_ups = threads_[common::current_thread_index()].look_ups;
  co_return co_await look_ups.get(code + ' ' + std::to_string(stamp), [&] { return look_up(code); });
}

Task<Result<LinkFinder::Found>> LinkFinder::look_up(const std::string& code) {
  if (redis_) {
    auto known = co_await redis_->find(code);
    if (known) co_return Found{std::move(known->link), true};
  }
  auto link = co_await store_.find(code);
  if (link.has_error()) co_return link.error();
  if (redis_) {  // nobody waits for it
    common::spawn(co_await common::asio::this_coro::executor, "fill Redis", redis_->put(code, *link));
  }
  co_return Found{std::move(*link), false};
}

Task<void> LinkFinder::changed(std::string_view code, std::optional<std::uint64_t> version) {
  if (redis_) co_await redis_->changed(code, version);
  local_.invalidate(code);
}

}  // namespace url_shortener
