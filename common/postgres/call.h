// A statement that somebody waits for. It lives in the frame of its coroutine, which sleeps until it is answered.
//
// What becomes of it without an answer depends on what it is, and on whether it was sent:
//
//             not sent        sent, and the deadline passes   sent, and the connection is lost
//   read      unavailable,    timed_out                       sent again, then unavailable
//   write       timed_out or  unknown_outcome                 unknown_outcome
//   step        overloaded    timed_out                       unavailable
//   commit                    unknown_outcome                 unknown_outcome
//
// Steps and the commit belong to a transaction and to its connection. Without the commit the steps have done nothing,
// whatever happened to them.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "common/clock.h"
#include "common/postgres/parameters.h"
#include "common/postgres/rows.h"
#include "common/postgres/sql_error.h"
#include "common/runtime/park.h"

namespace common::postgres {

struct Call {
  enum class Kind { read, write, step, commit };

  Call(Kind what, std::string_view text, Parameters values, Instant until)
      : kind(what), sql(text), parameters(std::move(values)), deadline(until) {}
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  const Kind kind;
  const std::string_view sql;
  const Parameters parameters;
  const Instant deadline;
  bool alone = kind != Kind::read;  // has a Sync to itself
  // How often it may yet be sent again when it was lost. At first the number of connections: a server that restarts
  // ends all of them, and the next one that is tried may have died like the one before.
  int repeats_left = 0;
  std::optional<Parked> parked = {};
  std::optional<SqlResult<Rows>> answer = {};
};

// Whether it makes sense on one connection only.
inline bool is_bound(const Call& call) noexcept {
  return call.kind == Call::Kind::step || call.kind == Call::Kind::commit;
}

// What a sent call without an answer fails with. `otherwise` promises that nothing was done.
inline SqlError without_answer(const Call& call, Failure otherwise, const std::string& why) {
  const bool may_be_done = call.kind == Call::Kind::write || call.kind == Call::Kind::commit;
  return {{may_be_done ? Failure::unknown_outcome : otherwise, why}};
}

}  // namespace common::postgres
