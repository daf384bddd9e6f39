// Who may call itself which machine: the machine numbers in snowflake codes, leased to one process at a time.
//
// A lease is a number together with a span of timestamps, and the span is what makes it safe: whoever holds
// (machine 7, 12:00:00.000 to 12:00:10.000) may make every id with that number and a timestamp in there, whenever it
// gets to it. Nobody has to trust that another process noticed in time that its lease was over.
//
//   1. The spans that one number is leased for, to different owners, never overlap. The store's transaction sees to
//      it, whatever anybody's clock says.
//   2. A number is given to somebody else only at a `now` that is not before the end of its last span. So while two
//      processes' clocks agree, no two hold one number at once; if they disagree, 1 still holds.
//   3. An owner that asks again keeps its number and its `from`, and its `until` never falls, unless the lease ended
//      and somebody else took the number: then it gets another one.
//
// Durable before the answer. Nothing is given back: what a process leaves behind is free when its span is over.

#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "common/result.h"
#include "common/runtime/task.h"
#include "url_shortener/snowflake.h"

namespace url_shortener {

class MachineIds {
 public:
  virtual ~MachineIds() = default;

  // Extends the lease of `owner` to `now + length`; or leases it, from `now` on, the number that has been free for
  // longest, of those below Snowflake::machines. nullopt when there is none. `owner`: a name that no other process has,
  // or had.
  virtual common::Task<common::Result<std::optional<MachineLease>>> lease(std::string owner, Millisecond now,
                                                                          std::chrono::milliseconds length) = 0;
};

}  // namespace url_shortener
