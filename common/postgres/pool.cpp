#include "common/postgres/pool.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <stdexcept>

#include "common/postgres/lane.h"

namespace common::postgres {
namespace {

// What thread `index` gets of `total`, dealt evenly: at least one.
std::size_t share(std::size_t total, std::size_t index, std::size_t threads) {
  return std::max<std::size_t>(total / threads + (index < total % threads ? 1 : 0), 1);
}

}  // namespace

Pool::Pool(Runtime& runtime, Options options) : options_(std::move(options)), target_(options_.url) {
  if (options_.owed_max < 8) throw std::invalid_argument("owed_max must be at least 8");
  for (std::size_t i = 0; i < runtime.threads(); ++i) {
    lanes_.push_back(std::make_shared<Lane>(runtime.executor(i), options_, target_,
                                            share(options_.connections, i, runtime.threads()),
                                            share(options_.transactions, i, runtime.threads())));
    asio::post(runtime.executor(i), [lane = lanes_.back()] { lane->open(); });
  }
}

Pool::~Pool() = default;

Lane& Pool::local() const {
  return *lanes_.at(current_thread_index());
}

Task<SqlResult<Rows>> Pool::execute(Call::Kind kind, Sql sql, Parameters parameters, Duration deadline) {
  Lane& lane = local();
  if (!parameters.sendable()) co_return SqlError{{Failure::invalid, "a text has a NUL byte"}};
  if (auto refusal = lane.refusal()) co_return *std::move(refusal);
  const Visitors::Visit visit(lane.callers());
  const Instant until = std::chrono::steady_clock::now() + deadline;
  Call call(kind, sql.text(), std::move(parameters), until);
  co_await park(lane.executor(), [&](Parked self) { lane.start(call, std::move(self)); });
  co_return *std::move(call.answer);
}

std::optional<std::string> Pool::trouble() const {
  return local().trouble();
}

Task<> Pool::stop() {
  for (const auto& lane : lanes_)
    co_await asio::co_spawn(lane->executor(), lane->stop(), use_task);
}

}  // namespace common::postgres
