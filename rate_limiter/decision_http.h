// Decisions in HTTP: the body, the headers, the status.
//
//   X-RateLimit-Limit, -Remaining, -Reset   what most clients read; Reset in seconds from now until nothing is used;
//                                           Remaining counts down from `burst`, which may be above the Limit
//   RateLimit-Policy, RateLimit             the IETF's (draft-ietf-httpapi-ratelimit-headers-10); t: seconds until more
//   Retry-After                             on 429: whole seconds, rounded up, so that whoever waits so long succeeds
//
// Rounding is always up: a client that comes at the stated second is never early. Where no waiting helps (a cost above
// the capacity) there is no Retry-After, since any number would be a lie. Pure.

#pragma once

#include <string>

#include "common/http/response.h"
#include "rate_limiter/limiter.h"

namespace rate_limiter {

// 200 or 429 with body and headers; `results` lists each check too.
common::http::Response answer(Asking& asking, bool results);

// Whole lines: of the foremost decision, and in the IETF's of each rule once.
std::string rate_limit_headers(Asking& asking);

// Retry-After of a refusal, as a line; empty where no waiting helps.
std::string retry_after_header(const Asking& asking);

// {"allowed","rule","algorithm","limit","remaining","resetAfterMs","retryAfterMs","mode","reason"}
void append_decision(std::string& out, Asking& asking, std::size_t i, bool allowed);

}  // namespace rate_limiter
