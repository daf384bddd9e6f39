#include "cache_aside/invalidation_channel_redis.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>
#include <charconv>

#include "common/log.h"
#include "common/random.h"
#include "common/resilience/backoff.h"
#include "common/resilience/deadline.h"

namespace cache_aside {

using common::Result;
using common::Task;
using common::redis::Link;
using common::redis::Reply;

namespace {

constexpr std::chrono::milliseconds ping_every{500};
constexpr std::chrono::milliseconds answer_within{500};

}  // namespace

void InvalidationChannelRedis::start(common::Runtime& runtime) {
  common::spawn(runtime.executor(), "invalidation channel", listen(runtime.executor()));
  runtime.on_shut_down("close the invalidation channel", [this]() -> Task<> {
    stopping_ = true;
    if (open_) open_->close();
    co_return;
  });
}

Task<> InvalidationChannelRedis::listen(common::Executor executor) {
  Link link(executor, endpoint_);
  open_ = &link;
  for (std::uint32_t failures = 0; !stopping_;) {
    auto opened = co_await link.open(answer_within);
    if (opened.has_value()) opened = co_await subscribe(link);
    if (opened.has_value() && !stopping_) {
      failures = 0;
      connected_ = true;
      listener_.found();
      co_await hear(link);
      connected_ = false;
      listener_.lost();
      if (!stopping_) common::log::warn("the invalidation channel is lost: the local cache is empty until it is back");
    }
    link.close();
    if (stopping_) break;
    const common::Backoff backoff{std::chrono::milliseconds{50}, std::chrono::milliseconds{500}};
    co_await common::sleep_for(common::full_jitter(failures++, backoff, common::thread_random()));
  }
  open_ = nullptr;
}

Task<Result<void>> InvalidationChannelRedis::say(Link& link, std::vector<std::string_view> command) {
  std::string bytes;
  common::redis::append_command(bytes, command);
  boost::system::error_code ec;
  co_await common::asio::async_write(link.socket(), common::asio::buffer(bytes),
                                     common::asio::redirect_error(common::use_task, ec));
  if (ec) co_return common::Error{common::Failure::closed, ec.message()};
  co_return Result<void>{};
}

Task<Result<void>> InvalidationChannelRedis::subscribe(Link& link) {
  std::vector<std::string_view> command{"SUBSCRIBE", channel_};
  const auto said = co_await say(link, std::move(command));
  if (said.has_error()) co_return said.error();
  for (;;) {
    auto reply = link.next();
    if (reply.has_error()) co_return reply.error();
    if (*reply) co_return Result<void>{};  // the confirmation: from here on everything published is heard
    const auto received = co_await common::with_deadline(link.receive(), answer_within);
    if (received.has_error()) co_return received.error();
  }
}

// Until the channel is lost: closed, or silent although it was pinged.
Task<> InvalidationChannelRedis::hear(Link& link) {
  for (bool pinged = false; !stopping_;) {
    for (auto reply = link.next();; reply = link.next()) {
      if (reply.has_error()) co_return;
      if (!*reply) break;
      take(**reply);
      pinged = false;
    }
    const auto received = co_await common::with_deadline(link.receive(), pinged ? answer_within : ping_every);
    if (received.has_value()) continue;
    const bool silent = received.error().kind == common::Failure::unknown_outcome;
    if (!silent || pinged) co_return;
    std::vector<std::string_view> ping(1, "PING");
    const auto said = co_await say(link, std::move(ping));
    if (said.has_error()) co_return;
    pinged = true;
  }
}

// ["message", channel, "VERSION KEY"]
void InvalidationChannelRedis::take(const Reply& reply) {
  if (reply.elements.size() != 3 || reply.elements[0].text != "message") return;
  std::string_view text = reply.elements[2].text;
  std::uint64_t version = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), version);
  if (error != std::errc{} || end == text.data() + text.size()) return;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
  listener_.heard(text, version);
}

}  // namespace cache_aside
