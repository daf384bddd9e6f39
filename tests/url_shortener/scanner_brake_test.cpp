// Clients that try codes which do not exist, through the whole HTTP interface.

#include "tests/support/run_task.h"
#include "tests/url_shortener/link_store_over_memory.h"
#include "tests/url_shortener/shortener_under_test.h"

using namespace testing;
using url_shortener::ScannerBrake;

namespace {

// A memory store that counts how often it was asked for a link.
class CountedStore final : public url_shortener::LinkStoreOverMemory {
 public:
  common::Task<common::Result<std::optional<url_shortener::Link>>> find(std::string code) override {
    ++asked;
    return memory.find(std::move(code));
  }
  common::Task<common::Result<url_shortener::EditOutcome>> remove(std::string code,
                                                                  std::optional<std::uint64_t> version) override {
    ++asked;
    return memory.remove(std::move(code), version);
  }
  int asked = 0;
};

// A brake alone, and addresses that ask for codes which do not exist; the first of each is allowed.
class Braked {
 public:
  explicit Braked(std::chrono::nanoseconds delay, std::size_t waiting_max = 1000, std::size_t each_max = 100)
      : brake_({.allowed = rate_limiter::parse_rate("1/1h").value(),
                .delay = delay,
                .waiting_max = waiting_max,
                .waiting_each_max = each_max},
               metrics_) {}

  common::http::Reply ask(std::string_view address) {
    common::http::Request request;
    request.peer_address = address;
    request.started = common::Instant{1h};
    return brake_.not_found(request);
  }
  // How many of `count` are held back; they stay so until this is gone.
  int held_of(int count, std::string_view address) {
    int held = 0;
    for (int i = 0; i < count; ++i) {
      auto reply = ask(address);
      if (reply.ready()) {
        CHECK(reply.response().status == 429);
        CHECK(reply.response().close);
        continue;
      }
      ++held;
      kept.push_back(std::move(reply));
    }
    return held;
  }
  std::vector<common::http::Reply> kept;

 private:
  common::Metrics metrics_;
  ScannerBrake brake_;
};

constexpr int allowed = 20;  // a minute: shortener.h

// So many unknown codes until one is not answered 404.
int until_braked(Shortener& shortener, const std::string& path = "/nothing") {
  for (int tried = 0; tried < 1000; ++tried) {
    if (shortener.get(path + std::to_string(tried)).status != 404) return tried;
  }
  return 1000;
}

}  // namespace

TEST_CASE("who tries too many unknown codes is told to wait") {
  Shortener shortener;
  CHECK(until_braked(shortener) == allowed);
  const auto braked = shortener.get("/nothing");
  CHECK(braked.status == 429);
  CHECK(error_code(braked) == "TOO_MANY_UNKNOWN_CODES");
  CHECK(braked.header("Retry-After") == "3");
  CHECK(braked.header("Cache-Control") == "no-store");
  shortener.pass(3s);
  CHECK(shortener.get("/nothing").status == 404);
  CHECK(shortener.get("/nothing").status == 429);
}

TEST_CASE("a link that exists is never counted, and never held back from a scanner") {
  Shortener shortener;
  const auto code = shortener.shorten(R"({"longUrl":"https://example.com"})");
  for (int i = 0; i < 10 * allowed; ++i)
    CHECK(shortener.get("/" + code).status == 302);
  CHECK(until_braked(shortener) == allowed);
  for (int i = 0; i < 10; ++i) {
    CHECK(shortener.get("/" + code).status == 302);
    CHECK(shortener.get("/" + code + "+").status == 200);
    CHECK(shortener.get("/v1/links/" + code).status == 200);
  }
}

TEST_CASE("previews, links and statistics of unknown codes count as well") {
  Shortener shortener;
  CHECK(until_braked(shortener, "/v1/links/nothing") == allowed);
  CHECK(shortener.get("/nothing+").status == 429);
  CHECK(shortener.get("/v1/links/nothing/stats").status == 429);
  CHECK(shortener.get("/nothing").status == 429);
}

// Which answer an edit gets would tell as much as a redirect: 412 if there is such a code.
TEST_CASE("edits and deletes of unknown codes count as well") {
  Shortener shortener;
  constexpr std::string_view version = "If-Match: \"7\"\r\n";
  for (int i = 0; i < allowed / 2; ++i) {
    CHECK(shortener.patch("/v1/links/nothing" + std::to_string(i), "{}", version).status == 404);
    CHECK(shortener.request("DELETE", "/v1/links/nothing" + std::to_string(i), version).status == 404);
  }
  CHECK(shortener.patch("/v1/links/nothing", "{}", version).status == 429);
  CHECK(shortener.request("DELETE", "/v1/links/nothing", version).status == 429);
  CHECK(shortener.get("/nothing").status == 429);
}

TEST_CASE("what cannot be a code is not found without asking the store, and counts") {
  CountedStore store;
  Shortener shortener(store);
  int tried = 0;
  const auto status = [&](const std::string& path) {
    ++tried;
    return shortener.get(path).status;
  };
  for (const std::string& code : {std::string(6'000, 'x'), std::string(33, 'x'), std::string("a%00b"),
                                  std::string("a.b"), std::string("a%20b"), std::string("%C3%BC")}) {
    INFO(code.substr(0, 40));
    CHECK(status("/" + code) == 404);
  }
  for (const std::string path : {"/a.b+", "/v1/links/a.b", "/v1/links/a.b/stats", "/v1/links/a.b/qr"})
    CHECK(status(path) == 404);
  CHECK(shortener.patch("/v1/links/a.b", "{}", "If-Match: *\r\n").status == 404);
  CHECK(shortener.request("DELETE", "/v1/links/a.b").status == 404);
  CHECK(store.asked == 0);
  CHECK(until_braked(shortener, "/a.b") == allowed - tried - 2);
  CHECK(store.asked == 0);
}

TEST_CASE("a braked answer comes after the delay, and that of another address at once") {
  Braked braked(20ms);
  CHECK(braked.ask("192.0.2.1").response().status == 404);
  auto late = braked.ask("192.0.2.1");
  REQUIRE_FALSE(late.ready());
  CHECK(braked.ask("192.0.2.2").response().status == 404);
  const auto asked = std::chrono::steady_clock::now();
  const auto answer = run_task(late.take_task());
  CHECK(std::chrono::steady_clock::now() - asked >= 20ms);
  CHECK(answer.status == 429);
  CHECK_FALSE(answer.close);
}

TEST_CASE("one address has only its share of the answers that are held back; the rest close the connection") {
  Braked braked(1h, 5, 3);
  for (const auto* address : {"192.0.2.1", "192.0.2.2", "192.0.2.3"})
    braked.ask(address);
  CHECK(braked.held_of(1'001, "192.0.2.1") == 3);
  CHECK(braked.held_of(1'001, "192.0.2.2") == 2);
  CHECK(braked.held_of(10, "192.0.2.3") == 0);
  braked.kept.pop_back();  // as when its connection ends
  CHECK(braked.held_of(10, "192.0.2.3") == 1);
  braked.kept.clear();
  CHECK(braked.held_of(10, "192.0.2.1") == 3);
}

TEST_CASE("an unknown code that was asked for is found as soon as it exists") {
  Shortener shortener;
  for (int i = 0; i < 3; ++i)
    CHECK(shortener.get("/talk").status == 404);
  shortener.shorten(R"({"longUrl":"https://example.com","alias":"talk"})");
  CHECK(shortener.get("/talk").status == 302);
}

TEST_CASE("who creates too many links is told to wait, and replays do not count") {
  Shortener shortener(*rate_limiter::parse_rate("100/1m").value());
  for (int i = 0; i < 100; ++i)
    CHECK(
        shortener
            .post("/shorten", R"({"longUrl":"https://example.com"})", "Idempotency-Key: k" + std::to_string(i) + "\r\n")
            .status == 201);
  const auto refused = shortener.post("/shorten", R"({"longUrl":"https://example.com"})");
  CHECK(refused.status == 429);
  CHECK(error_code(refused) == "TOO_MANY_LINKS");
  CHECK(refused.header("Retry-After") == "1");
  CHECK(shortener.post("/shorten", R"({"longUrl":"https://example.com"})", "Idempotency-Key: k7\r\n").status == 201);
  shortener.pass(1s);
  CHECK(shortener.post("/shorten", R"({"longUrl":"https://example.com"})").status == 201);
}
