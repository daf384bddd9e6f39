// Links as the server makes them: codes that come in no order, so that inserts go all over the table.

#pragma once

#include <string>

#include "common/clock.h"
#include "url_shortener/base62.h"
#include "url_shortener/link.h"
#include "url_shortener/permuted_counter.h"

namespace bench::url_shortener_bench {

class LinkMaker {
 public:
  url_shortener::Link next() {
    const std::uint64_t number = made_++;
    url_shortener::Link link;
    link.code = url_shortener::base62::encode(codes_.permute(number), 7);
    link.long_url = "https://example.com/articles/" + std::to_string(number) + "?utm_source=newsletter";
    link.created_at = common::SystemClock().now();
    return link;
  }

 private:
  std::uint64_t made_ = 0;
  url_shortener::PermutedCounter codes_{{0x0123456789abcdef, 0xfedcba9876543210}, 7};
};

}  // namespace bench::url_shortener_bench
