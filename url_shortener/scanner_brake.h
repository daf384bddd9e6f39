// Slows down clients that try codes which do not exist.
//
// A short code is short, so all of them can be tried (Georgiev and Shmatikov, "Gone in Six Characters", 2016). What
// gives a scanner away is that it finds nothing: a person follows links that exist. So only look-ups of codes that do
// not exist are counted, for each address; past the limit their answers come late, and are 429 instead of 404.
//
//   1. A code that exists is never counted and never delayed, whoever asks.
//   2. At most `waiting_max` answers are held back at a time, and `waiting_each_max` for one address, so that no
//      scanner has the places of all. Beyond either 429 is given at once and the connection closed: a guess then costs
//      a connection. Dearer, not slow: how many connections an address may open is for what stands in front to say.
//
// Thread-safe. Addresses behind one proxy count as one.

#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "common/http/handler.h"
#include "common/metrics.h"
#include "rate_limiter/local_limit_memory.h"

namespace url_shortener {

class ScannerBrake {
 public:
  struct Options {
    std::optional<rate_limiter::Limit> allowed =
        rate_limiter::parse_rate("100/1m").value();  // of unknown codes, for each address
    std::chrono::nanoseconds delay = std::chrono::seconds{1};
    std::size_t waiting_max = 1000;
    std::size_t waiting_each_max = 100;
  };

  ScannerBrake(Options options, common::Metrics& metrics);

  // The answer to a request for a code that does not exist: 404 at once, or 429 after `delay`.
  common::http::Reply not_found(const common::http::Request& request);

 private:
  struct Waiting {
    std::mutex mutex;
    std::size_t all = 0;
    std::unordered_map<std::string, std::size_t> each;
  };
  class Place;

  std::unique_ptr<Place> take_place(const std::string& client);
  common::Task<common::http::Response> answer_late(common::http::Response answer, std::unique_ptr<Place> place);

  const Options options_;
  rate_limiter::LocalLimit limit_;
  std::shared_ptr<Waiting> waiting_ = std::make_shared<Waiting>();  // shared with answers, which may end after this
  std::atomic<std::uint64_t> braked_ = 0;
};

}  // namespace url_shortener
