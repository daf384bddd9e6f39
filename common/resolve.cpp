#include "common/resolve.h"

#include <boost/asio/redirect_error.hpp>
#include <memory>

namespace common {
namespace {

using tcp = asio::ip::tcp;
using boost::system::error_code;
using Resolver = asio::ip::basic_resolver<tcp, Executor>;

// Outlives the caller while a look-up runs.
struct LookUp {
  LookUp(Executor executor, Instant deadline) : resolver(executor), limit(executor, deadline) {}
  Resolver resolver;
  Timer limit;  // cancelled when the look-up is done
  bool done = false;
  error_code ec = {};
  Resolver::results_type found = {};
};

}  // namespace

Task<Result<std::vector<tcp::endpoint>>> resolve(Executor executor, std::string host, std::string port,
                                                 Instant deadline) {
  error_code ec;
  if (const auto literal = asio::ip::make_address(host, ec); !ec) {
    co_return std::vector{tcp::endpoint(literal, static_cast<std::uint16_t>(std::stoul(port)))};
  }
  const auto state = std::make_shared<LookUp>(executor, deadline);
  state->resolver.async_resolve(host, port, [state](const error_code& failure, Resolver::results_type found) {
    state->done = true;
    state->ec = failure;
    state->found = std::move(found);
    state->limit.cancel();
  });
  error_code woken;  // by the deadline or by the look-up: `done` tells, also when both came at once
  co_await state->limit.async_wait(asio::redirect_error(use_task, woken));
  if (!state->done) {
    state->resolver.cancel();  // one that waits behind another never begins
    co_return Error{Failure::timed_out, host + ": not looked up by the deadline"};
  }
  if (state->ec) co_return Error{Failure::unavailable, host + ": " + state->ec.message()};
  std::vector<tcp::endpoint> endpoints;
  for (const auto& entry : state->found)
    endpoints.push_back(entry.endpoint());
  co_return endpoints;
}

}  // namespace common
