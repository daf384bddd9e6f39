#include "cache_aside/server_redis.h"

#include "common/log.h"
#include "common/resilience/breaker_guard.h"

namespace cache_aside {

using common::Result;
using common::Task;
using common::redis::Reply;

namespace {

constexpr std::chrono::milliseconds probe_pause{50};

}  // namespace

ServerRedis::ServerRedis(common::Runtime& runtime, Options options, const common::Clock& clock)
    : options_(std::move(options)),
      clock_(clock),
      breaker_(common::Breaker::Policy{.failures_max = 5, .probe_every = std::chrono::milliseconds{100}}),
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
  const auto now = clock_.monotonic();
  if (reply.has_error() && common::is_ill_health(reply.error().kind)) {
    failures_.fetch_add(1, std::memory_order_relaxed);
    breaker_.failed(now);
    return;
  }
  breaker_.succeeded();
  heard_at_.store(now.time_since_epoch().count(), std::memory_order_relaxed);
}

bool ServerRedis::silent_for(common::Duration time) const noexcept {
  const auto at = heard_at_.load(std::memory_order_relaxed);
  return at == 0 || clock_.monotonic().time_since_epoch().count() - at > time.count();
}

// Nobody's request finds out whether Redis is back.
Task<> ServerRedis::probe_often() {
  for (;;) {
    co_await common::sleep_for(probe_pause);
    if (!breaker_.probe_due(clock_.monotonic())) continue;
    const auto reply = co_await client_.command("PING");
    if (reply.has_value()) {
      breaker_.probe_succeeded();
      common::log::info("Redis is asked again", {{"redis", options_.endpoint.name()}});
    } else {
      breaker_.probe_failed(clock_.monotonic());
    }
  }
}

}  // namespace cache_aside
