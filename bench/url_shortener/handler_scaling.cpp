// What two threads answer that one cannot: redirects without sockets, bytes in and bytes out.
//
// Each thread has its own protocol engine, as each connection of the server has, and everything
// behind it is the server's: parser, middleware list, router, cache, click counting and its
// flushes. What threads share by accident (a locked counter, a cache line written by both) shows
// here and nowhere else, since the kernel's share of a real request hides it.

#include <unistd.h>

#include <atomic>
#include <boost/asio/post.hpp>
#include <stdexcept>

#include "bench/core/cpu_time.h"
#include "bench/core/environment.h"
#include "bench/load/request.h"
#include "bench/url_shortener_bench.h"
#include "common/http/server_protocol.h"
#include "common/http/standard.h"
#include "url_shortener/api.h"
#include "url_shortener/click_store_memory.h"
#include "url_shortener/config.h"
#include "url_shortener/link_cache_local.h"
#include "url_shortener/link_store_memory.h"

namespace bench::url_shortener_bench {
namespace {

namespace http = common::http;
using Clock = std::chrono::steady_clock;

constexpr const char* code = "abc1234";

// The server without its listener: the wiring of url_shortener/main.cpp. It runs once.
struct Wiring {
  explicit Wiring(unsigned threads)
      : runtime(threads), cache(threads, url_shortener::Config{}.local_entries, url_shortener::edits_seen_within) {
    app.router().get("/{code}", {.is_public = true, .critical = true},
                     [this](http::Request& request) { return redirect.follow(request); });
    clicks.start(metrics);
  }

  common::Runtime runtime;
  common::SystemClock clock;
  common::Metrics metrics;
  common::ServerOptions options;
  url_shortener::LinkStoreMemory links;
  url_shortener::ClickStoreMemory click_store;
  url_shortener::LinkCacheLocal cache;
  url_shortener::ClickCounter clicks{runtime, click_store, {}};
  http::Application app{options.max_body};
  http::Server server{runtime, {}, app};  // for its middleware list; nothing connects to it
  http::StandardParts parts{runtime, options, app, server, metrics, clock, "url_shortener"};
  url_shortener::LinkFinder finder{links, cache, nullptr, runtime.threads()};
  url_shortener::ScannerBrake brake{{}, metrics};
  url_shortener::Redirect redirect{{links, finder, cache, clicks, brake, clock}, 302};
};

// The protocol engine's owner, in place of a connection.
class Client final : public http::ServerProtocol::Host {
 public:
  Client(common::Executor executor, http::Service& service)
      : executor_(std::move(executor)), protocol_(service, pool_, *this) {}

  // The answer to `request`; empty while a coroutine is at work on it.
  std::string& ask(std::string_view request) {
    out_.clear();
    protocol_.receive(request, out_);
    return out_;
  }
  const std::string& answer() const { return out_; }

 private:
  void run(common::Task<http::Response> task) override {
    common::spawn(executor_, "redirect", finish(std::move(task)));
  }
  void run(http::BodyStream) override { throw std::logic_error("redirects do not stream"); }
  std::string_view peer_address() const override { return "127.0.0.1"; }
  bool secure() const override { return false; }
  common::Instant now() const override { return Clock::now(); }
  std::string_view date() const override { return "Sun, 22 Nov 2026 04:46:18 GMT"; }
  bool draining() const override { return false; }
  bool input_waiting() const override { return false; }

  common::Task<void> finish(common::Task<http::Response> task) {
    auto response = co_await std::move(task);
    protocol_.completed(std::move(response), nullptr, out_);
  }

  common::Executor executor_;
  http::ExchangePool pool_;
  std::string out_;
  http::ServerProtocol protocol_;
};

class HandlerThreads final : public Subject {
 public:
  explicit HandlerThreads(unsigned threads) : threads_(threads) {
    Endpoint endpoint{.host = "127.0.0.1", .port = 8081};
    load::RequestOptions options;
    options.target = std::string("/") + code;
    request_ = load::Request(options, endpoint).bytes(0);
  }

  Sample measure(const Round& round) override {
    Wiring wiring(threads_);
    answered_.assign(threads_, 0);
    finished_ = 0;
    wrong_ = false;
    const auto begin = Clock::now() + round.warm_up;
    CpuTime used;
    wiring.runtime.run(supervise(wiring, begin, begin + round.duration, used));
    if (wrong_) throw std::runtime_error("a redirect was not answered with 302");
    double answered = 0;
    for (const std::uint64_t count : answered_)
      answered += static_cast<double>(count);
    if (answered == 0) throw std::runtime_error("no redirect was answered in time");
    Sample sample;
    sample.values["per_second"] = answered / std::chrono::duration<double>(round.duration).count();
    sample.values["cpu_ns"] = static_cast<double>(used.total.count()) / answered;
    return sample;
  }

 private:
  common::Task<void> supervise(Wiring& wiring, Clock::time_point begin, Clock::time_point end, CpuTime& used) {
    url_shortener::Insert insert;
    insert.link.code = code;
    insert.link.long_url = "https://www.example.com/some/landing/page?campaign=spring&id=12345";
    insert.link.created_at = wiring.clock.now();
    if ((co_await wiring.links.insert(std::move(insert))).has_error()) throw std::runtime_error("no link");
    for (unsigned i = 0; i < threads_; ++i) {
      common::spawn(wiring.runtime.executor(i), "answer", answer(wiring, i, begin, end));
    }
    co_await common::sleep_for(begin - Clock::now());
    const CpuTime before = cpu_time(getpid());
    co_await common::sleep_for(end - Clock::now());
    used = cpu_time(getpid()) - before;
    while (finished_ < threads_)
      co_await common::sleep_for(std::chrono::milliseconds(1));
    co_await wiring.runtime.shut_down(std::chrono::seconds(5));
  }

  // Asks again and again on thread `thread`; counts what falls between `begin` and `end`.
  common::Task<void> answer(Wiring& wiring, unsigned thread, Clock::time_point begin, Clock::time_point end) {
    constexpr int batch = 64;
    const common::Executor executor = wiring.runtime.executor(thread);
    Client client(executor, wiring.app);
    client.ask(request_);  // the first one misses the cache
    while (client.answer().empty() && Clock::now() < end)
      co_await boost::asio::post(executor, common::use_task);
    std::uint64_t counted = 0;
    for (auto now = Clock::now(); now < end; now = Clock::now()) {
      for (int i = 0; i < batch; ++i) {
        if (!client.ask(request_).starts_with("HTTP/1.1 302 ")) wrong_ = true;
      }
      if (now >= begin) counted += batch;
      co_await boost::asio::post(executor,
                                 common::use_task);  // lets timers and flushes have their turn
    }
    answered_[thread] = counted;
    ++finished_;
  }

  unsigned threads_;
  std::string request_;
  std::vector<std::uint64_t> answered_;
  std::atomic<unsigned> finished_{0};
  std::atomic<bool> wrong_{false};
};

}  // namespace

Comparison handler_scaling() {
  Comparison comparison;
  comparison.id = "url_shortener/handler_scaling";
  comparison.question = "How many more redirects do two threads answer than one, sockets aside?";
  comparison.metrics = {
      {.id = "per_second",
       .heading = "per second",
       .unit = "redirects a second in process",
       .better = Better::higher,
       .decimals = 0},
      {.id = "cpu_ns", .heading = "CPU ns", .unit = "ns of CPU per redirect", .decimals = 0},
  };
  for (const unsigned threads : {1u, 2u}) {
    comparison.rows.push_back({.id = "threads_" + std::to_string(threads), .prepare = [threads](Environment&) {
                                 return std::make_unique<HandlerThreads>(threads);
                               }});
  }
  comparison.aims = {{.row = "threads_2", .against = "threads_1", .bound = 1.8}};
  comparison.method = {"bytes in, bytes out: parser, middleware list, router, cache, click counting; no sockets",
                       "two threads need two free cores: other programs on them lower the ratio"};
  comparison.subject = "threads_2";
  comparison.round = {.warm_up = std::chrono::milliseconds(100), .duration = std::chrono::milliseconds(350)};
  comparison.budget = std::chrono::seconds(8);
  return comparison;
}

}  // namespace bench::url_shortener_bench
