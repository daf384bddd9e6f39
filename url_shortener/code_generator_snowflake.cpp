#include "url_shortener/code_generator_snowflake.h"

#include "url_shortener/base62.h"
#include "url_shortener/reserved.h"

namespace url_shortener {

using common::Error;
using common::Failure;
using common::Result;
using common::Task;

namespace {

constexpr unsigned leases_max = 3;  // of one call: a clock that leaps ahead can end a lease as soon as it comes

}  // namespace

CodeGeneratorSnowflake::CodeGeneratorSnowflake(MachineIds& machines, const common::Clock& clock, common::Random& random)
    : machines_(machines),
      clock_(clock),
      owner_(base62::encode(random.next()) + base62::encode(random.next())),
      lease_("lease a machine number", [this] { return lease(); }) {}

Task<Result<std::string>> CodeGeneratorSnowflake::next(std::string_view, CodeAttempt) {
  for (unsigned leases = 0;;) {
    const auto [outcome, lease_due] = draw();
    if (const auto* id = std::get_if<std::uint64_t>(&outcome)) {
      if (lease_due) lease_.start(co_await boost::asio::this_coro::executor);
      auto code = base62::encode(*id, Snowflake::digits);
      if (!is_reserved(code)) co_return code;
      continue;
    }
    if (std::holds_alternative<Snowflake::ClockBehind>(outcome)) {
      co_return Error{Failure::unavailable, "the clock stepped back, or more ids were made than its time allows"};
    }
    if (leases++ == leases_max) co_return Error{Failure::unavailable, "leases of a machine number end too soon"};
    const auto leased = co_await lease_.wait();
    if (leased.has_error()) co_return leased.error();
  }
}

CodeGeneratorSnowflake::Draw CodeGeneratorSnowflake::draw() {
  const Millisecond time = now();
  const std::lock_guard lock(mutex_);
  const auto outcome = snowflake_.next(time);
  return {outcome, snowflake_.left(time) < lease_length / 2};
}

Task<Result<>> CodeGeneratorSnowflake::lease() {
  const Millisecond time = now();
  {
    const std::lock_guard lock(mutex_);
    if (snowflake_.left(time) >= lease_length / 2) co_return Result<>{};
  }
  const auto leased = co_await machines_.lease(owner_, time, lease_length);
  if (leased.has_error()) co_return leased.error();
  if (!*leased) co_return Error{Failure::unavailable, "all machine numbers are leased"};
  const std::lock_guard lock(mutex_);
  snowflake_.set_lease(**leased);
  co_return Result<>{};
}

Millisecond CodeGeneratorSnowflake::now() const {
  return std::chrono::floor<std::chrono::milliseconds>(clock_.now());
}

}  // namespace url_shortener
