// How a new link gets its code. One interface, one contract test, one page-sized file an alternative.
//
// A generator proposes; the store's unique index disposes (link_store.h). Most never collide among their own
// codes, yet any may meet an alias, so the caller asks again when a code was taken.

#pragma once

#include <string>
#include <string_view>

#include "common/result.h"
#include "common/runtime/task.h"

namespace url_shortener {

// Which of a new link's codes this is to be: so many were drawn for it before, and so many of those another link had.
// The rest lay on another shard than the creation needs (LinkStore::fits): no collision, so no reason for longer codes.
struct CodeAttempt {
  CodeAttempt(unsigned all_taken) : drawn(all_taken), taken(all_taken) {}  // NOLINT: converting on purpose
  CodeAttempt(unsigned drawn_before, unsigned taken_before) : drawn(drawn_before), taken(taken_before) {}

  unsigned drawn;
  unsigned taken;
};

class CodeGenerator {
 public:
  virtual ~CodeGenerator() = default;
  // A code of [0-9A-Za-z], never a reserved word.
  // Error `unavailable` when what it makes codes from is away: the store, or a clock that stepped back too far.
  virtual common::Task<common::Result<std::string>> next(std::string_view long_url, CodeAttempt attempt) = 0;

  // When so many codes of one link were taken its creation is given up. Where codes are drawn or permuted that means
  // that the space is full.
  virtual unsigned taken_max() const noexcept { return 64; }
};

// What a generator that counts aloud answers to taken_max(). Everybody knows its next codes, and may have made aliases
// of thousands of them: it walks past. A creation that gives up has passed so many, so the walk ends, whoever pays.
inline constexpr unsigned taken_max_of_counters = 10'000;

// So many codes of one link may lie on the wrong shard: of n shards one will do, and of a thousand codes none lies
// there once in e^(1000/n) times.
inline constexpr unsigned misfits_max = 1'000;

}  // namespace url_shortener
