// Why a decision is what it is: the state, and the arithmetic with its numbers.
//
// The numbers are read from the state that decides, and the outcome is the algorithm's own (check() on a copy): what is
// explained cannot differ from what is done. Pure.

#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "rate_limiter/algorithms.h"
#include "rate_limiter/trace_book.h"

namespace rate_limiter {

struct Explanation {
  std::vector<std::pair<std::string, std::string>> state;  // name and value, in words of the algorithm
  std::vector<std::string> arithmetic;                     // lines, to be read in order
  Decision decision;                                       // what a check of this cost would get now
};

Explanation explain(const State& state, const Limit& limit, Ticks now, std::int64_t cost);

// What an algorithm makes of arrivals, with the same limit and period, beginning with a new key.
struct OtherOpinion {
  Algorithm algorithm = Algorithm::token_bucket;
  std::int64_t admitted = 0;  // of the arrivals, by cost
  std::vector<bool> allowed;  // each arrival
  Decision now;               // and a check of `cost` after them
};
// Of all six. Those that cannot express the limit (make_limit) are left out.
std::vector<OtherOpinion> other_opinions(std::span<const Arrival> arrivals, const Limit& limit, Ticks now,
                                         std::int64_t cost);

// 12,000,000 ticks -> "12 s", 1,500 -> "0.0015 s".
std::string in_seconds(Ticks ticks);

}  // namespace rate_limiter
