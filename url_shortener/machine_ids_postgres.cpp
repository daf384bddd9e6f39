#include "url_shortener/machine_ids_postgres.h"

namespace url_shortener {

using common::Result;
using common::Task;
using common::postgres::Rows;

namespace {

std::optional<MachineLease> lease_of(Rows& rows) {
  if (!rows.next()) return std::nullopt;
  const auto at = [&](int column) { return Millisecond{std::chrono::milliseconds{rows.integer(column)}}; };
  return MachineLease{static_cast<std::uint32_t>(rows.integer(0)), at(1), at(2)};
}

}  // namespace

Task<Result<std::optional<MachineLease>>> MachineIdsPostgres::lease(std::string owner, Millisecond now,
                                                                    std::chrono::milliseconds length) {
  const auto from = now.time_since_epoch().count();
  const auto until = (now + length).time_since_epoch().count();
  auto extended = co_await store_.pool().write(
      "UPDATE machine_ids SET until_ms = greatest(until_ms, $1) WHERE owner = $2 RETURNING machine, from_ms, until_ms",
      until, owner);
  if (extended.has_error()) co_return extended.error();
  if (const auto lease = lease_of(*extended)) co_return lease;
  auto taken = co_await store_.pool().write(
      "UPDATE machine_ids SET owner = $1, from_ms = $2, until_ms = $3 WHERE machine ="
      " (SELECT machine FROM machine_ids WHERE until_ms <= $2 ORDER BY until_ms, machine LIMIT 1 FOR UPDATE SKIP "
      "LOCKED)"
      " RETURNING machine, from_ms, until_ms",
      owner, from, until);
  if (taken.has_error()) co_return taken.error();
  co_return lease_of(*taken);
}

}  // namespace url_shortener
