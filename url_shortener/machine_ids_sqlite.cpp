#include "url_shortener/machine_ids_sqlite.h"

namespace url_shortener {

using common::Result;
using common::Task;
using common::sqlite::Database;
using common::sqlite::Rows;

namespace {

std::optional<MachineLease> lease_of(Rows rows) {
  if (!rows.next()) return std::nullopt;
  return MachineLease{static_cast<std::uint32_t>(rows.integer(0)),
                      Millisecond{std::chrono::milliseconds{rows.integer(1)}},
                      Millisecond{std::chrono::milliseconds{rows.integer(2)}}};
}

}  // namespace

Task<Result<std::optional<MachineLease>>> MachineIdsSqlite::lease(std::string owner, Millisecond now,
                                                                  std::chrono::milliseconds length) {
  const auto from = now.time_since_epoch().count();
  const auto until = (now + length).time_since_epoch().count();
  co_return co_await store_.writer().write([&, from, until](Database& database) {
    auto extended =
        lease_of(database.query("UPDATE machine_ids SET until_ms = max(until_ms, ?) WHERE owner = ? "
                                "RETURNING machine, from_ms, until_ms",
                                until, owner));
    if (extended) return extended;
    return lease_of(
        database.query("UPDATE machine_ids SET owner = ?, from_ms = ?, until_ms = ? WHERE machine = "
                       "(SELECT machine FROM machine_ids WHERE until_ms <= ? ORDER BY until_ms, machine LIMIT 1) "
                       "RETURNING machine, from_ms, until_ms",
                       owner, from, until, from));
  });
}

}  // namespace url_shortener
