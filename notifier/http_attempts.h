// What the providers that speak HTTP share: a client for each thread, attempts side by side, and what a failed exchange
// tells.
//
//   no connection, or the deadline passed before anything was sent     deferred: definitely not taken
//   sent, and no whole answer came                                     uncertain
//   an address that is not permitted, a URL that is none               rejected
//
// Redirects are answers, and nobody follows them.

#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "common/http/client.h"
#include "common/runtime/runtime.h"
#include "notifier/provider.h"

namespace notifier {

class HttpAttempts {
 public:
  HttpAttempts(common::Runtime& runtime, common::http::Client::Options options);

  using Make = std::function<common::http::ClientRequest(const Attempt&)>;
  using Judge = std::function<Outcome(const common::http::ClientResponse&)>;

  // One outcome for each attempt. Each request carries the delivery's key, its attempt and its trace.
  common::Task<std::vector<Outcome>> send(const std::vector<Attempt>& attempts, Make make, Judge judge);

 private:
  std::vector<std::unique_ptr<common::http::Client>> clients_;  // one a thread
};

// Of a Retry-After header in seconds; nullopt for none, and for a date.
std::optional<common::Duration> retry_after(const common::http::ClientResponse& response);

// All but letters, digits, '-', '_' and '.' as %XX: for forms, and for what stands in a path.
std::string percent_encode(std::string_view text);

// "name 429": the reason of an outcome.
Outcome outcome(Outcome::Kind kind, std::string_view name, const common::http::ClientResponse& response);

}  // namespace notifier
