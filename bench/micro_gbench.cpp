// In-process costs in nanoseconds, by Google Benchmark: for whoever works on one function. Ratios
// between alternatives are `./run bench`'s business, which interleaves; this runs one after the
// other.
//
//   loadbearing_micro --benchmark_filter=permuted

#include <benchmark/benchmark.h>

#include "bench/core/histogram.h"
#include "bench/load/request.h"
#include "bench/load/response_parser.h"
#include "common/http/request_parser.h"
#include "common/random.h"
#include "url_shortener/base62.h"
#include "url_shortener/link_cache_local.h"
#include "url_shortener/permuted_counter.h"
#include "url_shortener/siphash.h"
#include "url_shortener/url_check.h"

namespace {

namespace base62 = url_shortener::base62;

constexpr url_shortener::SipKey key{0x0123456789abcdef, 0xfedcba9876543210};

void siphash(benchmark::State& state) {
  std::uint64_t word = 1;
  for (auto _ : state)
    benchmark::DoNotOptimize(word = url_shortener::siphash(key, word));
}
BENCHMARK(siphash);

void permuted_counter(benchmark::State& state) {
  const url_shortener::PermutedCounter codes(key, static_cast<unsigned>(state.range(0)));
  std::uint64_t number = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(codes.permute(number));
    number = (number + 1) % codes.size();
  }
}
BENCHMARK(permuted_counter)->ArgName("digits")->Arg(4)->Arg(7)->Arg(10);

void base62_encode(benchmark::State& state) {
  std::uint64_t number = base62::power(6);
  for (auto _ : state)
    benchmark::DoNotOptimize(base62::encode(++number, 7));
}
BENCHMARK(base62_encode);

void base62_decode(benchmark::State& state) {
  for (auto _ : state)
    benchmark::DoNotOptimize(base62::decode("Ab3dE9x"));
}
BENCHMARK(base62_decode);

void random_below(benchmark::State& state) {
  common::SecureRandom random;
  for (auto _ : state)
    benchmark::DoNotOptimize(random.below(base62::power(7)));
}
BENCHMARK(random_below);

void check_url(benchmark::State& state, std::string_view url) {
  const std::vector<std::string> own{"sho.rt", "127.0.0.1:8081"};
  for (auto _ : state)
    benchmark::DoNotOptimize(url_shortener::check_url(url, own));
}
BENCHMARK_CAPTURE(check_url, plain, "https://www.example.com/some/landing/page?campaign=spring&id=12345");
BENCHMARK_CAPTURE(check_url, international,
                  "https://b\xC3\xBC"
                  "cher.example/stra\xC3\x9F"
                  "e/../%7euser");

void link_cache_find(benchmark::State& state) {
  url_shortener::LinkCacheLocal cache(1, 100'000, std::chrono::hours(1));
  const common::Instant now = std::chrono::steady_clock::now();
  std::vector<std::string> codes;
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    codes.push_back(base62::encode(i * 7919, 7));
    url_shortener::CachedLink link;
    link.headers = "Location: https://example.com/\r\n";
    cache.put(0, codes.back(), std::move(link), cache.stamp(codes.back()), now);
  }
  std::size_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(cache.find(0, codes[i], now));
    i = (i + 4999) % codes.size();
  }
}
BENCHMARK(link_cache_find);

void parse_request(benchmark::State& state, bool browser) {
  bench::load::RequestOptions options;
  options.target = "/Ab3dE9x";
  if (browser) options.headers = bench::load::browser_headers();
  const std::string bytes(bench::load::Request(options, {.host = "127.0.0.1", .port = 8081}).bytes(0));
  common::http::Request request;
  common::http::RequestParser parser(request);
  for (auto _ : state) {
    benchmark::DoNotOptimize(parser.feed(bytes));
    parser.reset();
  }
}
BENCHMARK_CAPTURE(parse_request, plain, false);
BENCHMARK_CAPTURE(parse_request, browser, true);

// The load generator's own costs: they should be far below a microsecond.
void parse_response(benchmark::State& state) {
  constexpr std::string_view answer =
      "HTTP/1.1 302 Found\r\nDate: Sun, 22 Nov 2026 04:46:18 GMT\r\nLocation: "
      "https://example.com/\r\n"
      "Cache-Control: private, max-age=90\r\nContent-Length: 0\r\n\r\n";
  for (auto _ : state)
    benchmark::DoNotOptimize(bench::load::parse_response_head(answer, false));
}
BENCHMARK(parse_response);

void histogram_record(benchmark::State& state) {
  bench::Histogram histogram;
  common::SeededRandom random(1);
  for (auto _ : state)
    histogram.record(random.next() >> 40);
}
BENCHMARK(histogram_record);

}  // namespace

BENCHMARK_MAIN();
