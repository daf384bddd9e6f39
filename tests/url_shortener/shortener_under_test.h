// The shortener's HTTP interface in one thread, without sockets: bytes of a request in, its answer
// out.
//
//   Shortener shortener;
//   const auto link = shortener.post("/shorten", R"({"longUrl":"https://example.com"})");
//   shortener.clock.advance(1h);
//
// Real routes, engine and cache over a memory store; codes are counted: "00000", "00001", …; time
// stands still.

#pragma once

#include <string>
#include <string_view>

#include "common/http/application.h"
#include "tests/support/api_client.h"
#include "tests/support/protocol_driver.h"
#include "url_shortener/api.h"
#include "url_shortener/click_store_memory.h"
#include "url_shortener/code_generator_counter.h"
#include "url_shortener/id_source_memory.h"
#include "url_shortener/link_store_memory.h"

namespace testing {

// Prefer the operators of std::chrono in tests of time.
using namespace std::chrono_literals;

class Shortener {
 public:
  static constexpr std::string_view base_url = "https://sho.rt";

  explicit Shortener(int redirect_status = 302);
  // Over another store or another generator, which outlive this.
  explicit Shortener(url_shortener::LinkStore& links);
  explicit Shortener(url_shortener::CodeGenerator& codes);
  Shortener(url_shortener::LinkStore& links, url_shortener::CodeGenerator& codes);
  // With a limit on creation.
  explicit Shortener(rate_limiter::Limit create_limit);
  ~Shortener();

  RawResponse request(std::string_view method, std::string_view path, std::string_view headers = {},
                      std::string_view body = {});
  RawResponse get(std::string_view path, std::string_view headers = {});
  RawResponse post(std::string_view path, std::string_view json, std::string_view headers = {});
  RawResponse patch(std::string_view path, std::string_view json, std::string_view headers = {});
  // Creates a link from the members of a JSON object and returns its code.
  std::string shorten(std::string_view json);

  // The two halves of request(), for handlers that wait in between.
  void begin(std::string_view method, std::string_view path, std::string_view headers, std::string_view body);
  RawResponse finish(bool answers_head = false);

  // Wall clock and the engine's clock together.
  void pass(std::chrono::microseconds time) {
    clock.advance(time);
    wire.time += time;
  }

  // Writes what was counted, then what the store says of `code`.
  url_shortener::ClickStats stats(const std::string& code);

 private:
  Shortener(url_shortener::LinkStore& links, url_shortener::CodeGenerator& codes, int redirect_status,
            std::optional<rate_limiter::Limit> create_limit = std::nullopt);

  common::Task<void> read_stats(std::string code, url_shortener::ClickStats& stats);
  void run(common::Task<void> task);

  url_shortener::LinkStoreMemory memory_;
  url_shortener::IdSourceMemory ids_;
  url_shortener::CodeGeneratorCounter codes_{ids_, 5};
  common::Runtime runtime_{1};

 public:
  common::ManualClock clock;
  url_shortener::ClickStoreMemory click_store;
  url_shortener::LinkCacheLocal cache{1, 1000, 2s};
  url_shortener::ClickCounter clicks{runtime_, click_store, {}};
  url_shortener::LinkFinder finder;
  common::Metrics metrics;
  url_shortener::ScannerBrake brake{{.allowed = rate_limiter::parse_rate("20/1m").value(), .delay = {}}, metrics};
  url_shortener::Redirect redirect;
  common::http::Application app{1 << 20};
  url_shortener::Api api;
  ProtocolDriver wire{app};
};

}  // namespace testing
