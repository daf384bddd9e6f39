#include "cache_aside/server_redis.h"

#include <algorithm>

#include "common/log.h"
#include "common/resilience/breaker_guard.h"

namespace cache_aside {

using common::Result;
using common::Task;
using common::redis::Reply;

namespace {

constexpr std::chrono::milliseconds probe_pause{50};
constexpr std::string_view probe_key = "cache_aside:probe";

// It answered, with a refusal of its own: of what these programs ask only writes are refused.
bool is_refusal(const common::Error& error) {
  return error.kind == common::Failure::internal || error.message.starts_with("READONLY ");
}
bool is_out_of_memory(const common::Error& error) {
  return error.message.starts_with("OOM ");
}

}  // namespace

ServerRedis::ServerRedis(common::Runtime& runtime, Options options, const common::Clock& clock)
    : options_(std::move(options)),
      clock_(clock),
      breaker_(common::Breaker::Policy{.failures_max = 5, .probe_every = std::chrono::milliseconds{100}}),
      failing_since_(std::max<common::Duration::rep>(1, clock.monotonic().time_since_epoch().count())),
      client_(runtime, client_options()) {}

common::redis::Client::Options ServerRedis::client_options() {
  common::redis::Client::Options client;
  client.connection.endpoint = options_.endpoint;
  client.connection.connect_timeout = std::chrono::milliseconds{500};
  client.connection.backoff = {std::chrono::milliseconds{20}, std::chrono::milliseconds{500}};
  client.connection.on_open = [this](const common::redis::ServerIdentity& identity) { opened(identity); };
  client.timeout = options_.timeout;
  return client;
}

void ServerRedis::start(common::Runtime& runtime, common::Metrics& metrics) {
  const auto count = [&](const char* name, const char* help, const std::atomic<std::uint64_t>& value) {
    metrics.counter_of(name, help, [&value] { return static_cast<double>(value.load(std::memory_order_relaxed)); });
  };
  count("redis_operations_total", "commands and scripts sent to Redis", operations_);
  count("redis_failures_total", "commands that Redis did not answer in time, or refused", failures_);
  metrics.gauge_of("redis_up", "1 while Redis is asked, 0 while the circuit breaker is open",
                   [this] { return breaker_.allow() ? 1.0 : 0.0; });
  metrics.gauge_of("redis_generation", "how many starts of Redis this process has seen",
                   [this] { return static_cast<double>(number_.load(std::memory_order_relaxed)); });
  common::spawn(runtime.executor(), "Redis probe", probe_often());
}

std::optional<ServerRedis::Generation> ServerRedis::generation() const {
  if (!breaker_.allow()) return std::nullopt;
  const std::lock_guard lock(mutex_);
  const std::uint64_t number = number_.load(std::memory_order_relaxed);
  if (number == 0) return std::nullopt;
  return Generation{number, prefix_, clock_.monotonic() >= settled_at_};
}

void ServerRedis::opened(const common::redis::ServerIdentity& identity) {
  const std::lock_guard lock(mutex_);
  if (identity.run_id == run_id_) return;
  run_id_ = identity.run_id;
  prefix_ = "cache_aside:" + options_.store + ":" + run_id_.substr(0, 16) + ":";
  const bool young = identity.uptime < options_.settling;
  settled_at_ = clock_.monotonic() + (young ? options_.settling - identity.uptime : std::chrono::seconds{0});
  number_.fetch_add(1, std::memory_order_release);
  common::log::info("a generation of keys in Redis begins", {{"run_id", run_id_}, {"settling", young}});
}

Task<Result<Reply>> ServerRedis::run(const common::redis::Script& script, std::vector<std::string_view> keys,
                                     std::vector<std::string_view> arguments) {
  if (!breaker_.allow()) co_return away();
  auto reply = co_await client_.run_of(script, std::move(keys), std::move(arguments));
  heard(reply);
  co_return reply;
}

void ServerRedis::heard(const Result<Reply>& reply) {
  operations_.fetch_add(1, std::memory_order_relaxed);
  judge(reply);
}

void ServerRedis::judge(const Result<Reply>& reply) {
  const auto now = clock_.monotonic();
  if (reply.has_error()) failures_.fetch_add(1, std::memory_order_relaxed);
  if (reply.has_error() && is_refusal(reply.error())) {
    failing(now);
    breaker_.trip(now);
    if (refuses_writes_.exchange(true)) return;
    common::log::warn("Redis takes no writes: it is not asked until it does", {{"reason", reply.error().message}});
  } else if (reply.has_error() && common::is_ill_health(reply.error().kind) && !is_out_of_memory(reply.error())) {
    failing(now);
    breaker_.failed(now);
  } else {
    breaker_.succeeded();
    if (breaker_.allow() && failing_since_.load(std::memory_order_relaxed) != 0) failing_since_ = 0;
  }
}

void ServerRedis::failing(common::Instant now) noexcept {
  common::Duration::rep well = 0;
  failing_since_.compare_exchange_strong(well, now.time_since_epoch().count());
}

bool ServerRedis::failing_for(common::Duration time) const noexcept {
  const auto since = failing_since_.load(std::memory_order_relaxed);
  return since != 0 && clock_.monotonic().time_since_epoch().count() - since > time.count();
}

Task<> ServerRedis::probe_often() {
  auto check_at = clock_.monotonic() + check_every;
  for (;;) {
    co_await common::sleep_for(probe_pause);
    const auto now = clock_.monotonic();
    if (breaker_.probe_due(now)) {
      co_await probe();
    } else if (breaker_.allow() && now >= check_at) {
      check_at = now + check_every;
      judge(co_await client_.command("DEL", probe_key));
    }
  }
}

// Nobody's request finds out whether Redis is back.
Task<> ServerRedis::probe() {
  const auto reply = co_await client_.command("DEL", probe_key);
  const auto now = clock_.monotonic();
  if (reply.has_error()) {
    failing(now);
    breaker_.probe_failed(now);
    co_return;
  }
  refuses_writes_.store(false, std::memory_order_release);
  failing_since_ = 0;
  breaker_.probe_succeeded();
  common::log::info("Redis is asked again", {{"redis", options_.endpoint.name()}});
}

}  // namespace cache_aside
