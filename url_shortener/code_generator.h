// How a new link gets its code. One interface, one contract test, one page-sized file an alternative.
//
// A generator proposes; the store's unique index disposes (link_store.h). Most never collide among their own
// codes, yet any may meet an alias, so the caller asks again with attempt + 1 when a code was taken.

#pragma once

#include <string>
#include <string_view>

#include "common/result.h"
#include "common/runtime/task.h"

namespace url_shortener {

class CodeGenerator {
 public:
  virtual ~CodeGenerator() = default;
  // A code of [0-9A-Za-z], never a reserved word. `attempt` counts from 0 for each new link.
  // Error `unavailable` when what it makes codes from is away: the store, or a clock that stepped back too far.
  virtual common::Task<common::Result<std::string>> next(std::string_view long_url, unsigned attempt) = 0;
};

}  // namespace url_shortener
