#include "cache_aside/locks_redis.h"

#include "cache_aside/cache_redis.h"
#include "common/random.h"
#include "common/text.h"

namespace cache_aside {

using common::Result;
using common::Task;

namespace {

const common::redis::Script delete_own(R"(
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
)");

}  // namespace

Task<Result<std::optional<std::string>>> LocksRedis::acquire(std::string key, common::Duration life) {
  const auto generation = server_.generation();
  if (!generation) co_return common::Error{common::Failure::unavailable, "Redis is away"};
  const std::string name = CacheRedis::lock_name(generation->prefix + key);
  const auto digits = common::hex_digits(common::thread_random().next());
  const std::string token(digits.data(), digits.size());
  const std::string time = std::to_string(std::chrono::ceil<std::chrono::milliseconds>(life).count());
  const auto reply = co_await server_.command("SET", name, token, "NX", "PX", time);
  if (reply.has_error()) co_return reply.error();
  if (reply->is_nil()) co_return std::optional<std::string>();
  co_return std::optional<std::string>(token);
}

Task<> LocksRedis::release(std::string key, std::string token) {
  const auto generation = server_.generation();
  if (!generation) co_return;
  const std::string name = CacheRedis::lock_name(generation->prefix + key);
  std::vector<std::string_view> keys(1, name);
  std::vector<std::string_view> arguments(1, token);
  (void)co_await server_.run(delete_own, std::move(keys), std::move(arguments));
}

}  // namespace cache_aside
