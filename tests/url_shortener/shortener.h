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
#include "tests/support/catch.h"
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

  explicit Shortener(int redirect_status = 302) : Shortener(memory_, codes_, redirect_status) {}
  // Over another store or another generator, which outlive this.
  explicit Shortener(url_shortener::LinkStore& links) : Shortener(links, codes_, 302) {}
  explicit Shortener(url_shortener::CodeGenerator& codes) : Shortener(memory_, codes, 302) {}
  Shortener(url_shortener::LinkStore& links, url_shortener::CodeGenerator& codes) : Shortener(links, codes, 302) {}
  // With a limit on creation.
  explicit Shortener(rate_limiter::Limit create_limit) : Shortener(memory_, codes_, 302, create_limit) {}

  RawResponse request(std::string_view method, std::string_view path, std::string_view headers = {},
                      std::string_view body = {}) {
    begin(method, path, headers, body);
    return finish(method == "HEAD");
  }
  RawResponse get(std::string_view path, std::string_view headers = {}) { return request("GET", path, headers); }
  RawResponse post(std::string_view path, std::string_view json, std::string_view headers = {}) {
    return request("POST", path, "Content-Type: application/json\r\n" + std::string(headers), json);
  }
  RawResponse patch(std::string_view path, std::string_view json, std::string_view headers = {}) {
    return request("PATCH", path, "Content-Type: application/json\r\n" + std::string(headers), json);
  }
  // Creates a link from the members of a JSON object and returns its code.
  std::string shorten(std::string_view json) {
    const auto created = post("/shorten", json);
    REQUIRE(created.status == 201);
    return text_at(created, "/shortCode");
  }

  // The two halves of request(), for handlers that wait in between.
  void begin(std::string_view method, std::string_view path, std::string_view headers, std::string_view body) {
    std::string message(method);
    message.append(" ").append(path).append(" HTTP/1.1\r\nHost: sho.rt\r\n").append(headers);
    message.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n\r\n");
    wire.receive(message.append(body));
  }
  RawResponse finish(bool answers_head = false) {
    wire.settle();
    std::string out = wire.take();
    auto response = take_response(out, answers_head);
    REQUIRE(response);
    REQUIRE(out.empty());
    return *response;
  }

  // Wall clock and the engine's clock together.
  void pass(std::chrono::microseconds time) {
    clock.advance(time);
    wire.time += time;
  }

  // Writes what was counted, then what the store says of `code`.
  url_shortener::ClickStats stats(const std::string& code) {
    run(clicks.flush());
    url_shortener::ClickStats stats;
    run(read_stats(code, stats));
    return stats;
  }

 private:
  Shortener(url_shortener::LinkStore& links, url_shortener::CodeGenerator& codes, int redirect_status,
            std::optional<rate_limiter::Limit> create_limit = std::nullopt)
      : finder(links, cache, nullptr, 1),
        redirect({links, finder, cache, clicks, brake, clock}, redirect_status),
        api({links, click_store, codes, finder, redirect, brake, clock},
            {std::string(base_url), {"sho.rt", "127.0.0.1:8081"}, create_limit}) {
    api.add_routes(app.router());
  }

  common::Task<void> read_stats(std::string code, url_shortener::ClickStats& stats) {
    stats = (co_await click_store.stats(std::move(code))).value();
  }
  void run(common::Task<void> task) {
    common::spawn(runtime_.executor(), "test", std::move(task));
    runtime_.context(0).restart();
    runtime_.context(0).poll();
  }

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
