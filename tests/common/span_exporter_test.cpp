#include "common/span_exporter.h"

#include <stdexcept>
#include <thread>

#include "common/json.h"
#include "common/log.h"
#include "tests/support/catch.h"
#include "tests/support/run_task.h"

using namespace common;
using namespace std::chrono_literals;

namespace {

// A collector that keeps the names of what it was sent, or fails as told.
struct Collector {
  std::vector<std::vector<std::string>> batches;
  std::optional<Failure> failure;
  bool throws = false;
  Timer* until = nullptr;  // what a post waits for
  std::function<void()> after_post = [] {};

  Task<Result<void>> post(std::string text) {
    if (throws) throw std::runtime_error("bug");
    if (until != nullptr) co_await until->async_wait(use_task);
    const json::value value = parse_json(text).value();
    std::vector<std::string> names;
    for (const json::value& span : value.as_array())
      names.emplace_back(span.at("name").as_string());
    batches.push_back(std::move(names));
    const auto outcome = failure;
    after_post();
    if (outcome) co_return Error{*outcome, "scripted"};
    co_return Result<void>{};
  }
};

struct Scene {
  asio::io_context context{1};
  Collector collector;
  SpanExporter exporter;

  explicit Scene(SpanExporter::Limits limits)
      : exporter(
            context.get_executor(), "test", [this](std::string text) { return collector.post(std::move(text)); },
            limits) {
    log::configure(log::Level::off, log::Format::text);  // failures are scripted
  }
  ~Scene() { log::configure(log::Level::info, log::Format::text); }

  void record(int from, int to) {
    for (int i = from; i < to; ++i) {
      Span span;
      span.name = std::to_string(i);
      exporter.record(std::move(span));
    }
  }
  void start() { spawn(context.get_executor(), "exporter", exporter.run()); }
  void stop() { spawn(context.get_executor(), "stop", exporter.stop()); }
  std::size_t received() const {
    std::size_t sum = 0;
    for (const auto& batch : collector.batches)
      sum += batch.size();
    return sum;
  }
};

}  // namespace

TEST_CASE("a full batch is posted at once, without waiting for its time") {
  Scene scene({.batch_max = 3, .every = 24h});
  scene.collector.after_post = [&] { scene.stop(); };
  scene.start();
  scene.record(0, 3);
  scene.context.run();
  REQUIRE(scene.collector.batches == std::vector<std::vector<std::string>>{{"0", "1", "2"}});
  REQUIRE(scene.exporter.dropped() == 0);
}

TEST_CASE("a batch that is not full is posted when its time comes") {
  Scene scene({.batch_max = 100, .every = 1ms});
  scene.collector.after_post = [&] { scene.stop(); };
  scene.record(0, 2);
  scene.start();
  scene.context.run();
  REQUIRE(scene.received() == 2);
}

TEST_CASE("stopping posts what is left, in batches, and ends the loop") {
  Scene scene({.batch_max = 2, .every = 24h});
  scene.start();
  scene.context.poll();  // it waits
  scene.record(0, 5);
  scene.stop();
  scene.context.run();  // returns: nothing is left waiting
  REQUIRE(scene.collector.batches == std::vector<std::vector<std::string>>{{"0", "1"}, {"2", "3"}, {"4"}});
}

TEST_CASE("an exporter that never ran can be stopped, and so can one whose queue is empty") {
  Scene never({.every = 24h});
  never.record(0, 2);
  never.stop();
  never.context.run();
  REQUIRE(never.received() == 2);

  Scene empty({.every = 24h});
  empty.start();
  empty.stop();
  empty.context.run();
  REQUIRE(empty.received() == 0);
}

TEST_CASE("when the queue is full the oldest span goes, and is counted") {
  Scene scene({.queue_max = 3, .batch_max = 100, .every = 24h});
  scene.record(0, 5);
  REQUIRE(scene.exporter.dropped() == 2);
  scene.stop();
  scene.context.run();
  REQUIRE(scene.collector.batches == std::vector<std::vector<std::string>>{{"2", "3", "4"}});
}

TEST_CASE("a batch that is refused is dropped and counted, and the next one is tried") {
  Scene scene({.batch_max = 2, .every = 24h});
  scene.collector.failure = Failure::unavailable;
  scene.collector.after_post = [&] {
    if (scene.collector.batches.size() == 1) {
      scene.collector.failure.reset();
      scene.record(2, 4);
    } else {
      scene.stop();
    }
  };
  scene.start();
  scene.record(0, 2);
  scene.context.run();
  REQUIRE(scene.collector.batches == std::vector<std::vector<std::string>>{{"0", "1"}, {"2", "3"}});
  REQUIRE(scene.exporter.dropped() == 2);
}

TEST_CASE("spans that a collector refuses, or whose post throws, are counted as dropped") {
  Scene refused({.every = 24h});
  refused.collector.failure = Failure::overloaded;
  refused.record(0, 4);
  refused.stop();
  refused.context.run();
  REQUIRE(refused.exporter.dropped() == 4);

  Scene thrown({.every = 24h});
  thrown.collector.throws = true;
  thrown.record(0, 4);
  thrown.stop();
  thrown.context.run();
  REQUIRE(thrown.exporter.dropped() == 4);
}

TEST_CASE("a collector that is down holds up a shutdown for one try only") {
  Scene scene({.batch_max = 1, .every = 24h});
  scene.collector.failure = Failure::unavailable;
  scene.record(0, 10);
  scene.stop();
  scene.context.run();
  REQUIRE(scene.collector.batches.size() == 1);
  REQUIRE(scene.exporter.dropped() == 10);
}

TEST_CASE("a post that never answers is given up after its time") {
  Scene scene({.every = 24h, .post_timeout = 1ms});
  Timer forever(scene.context.get_executor(), Timer::time_point::max());
  scene.collector.until = &forever;
  scene.record(0, 4);
  scene.stop();
  scene.context.run();
  REQUIRE(scene.exporter.dropped() == 4);
}

TEST_CASE("spans may be recorded on any thread: each is delivered or counted") {
  Scene scene({.queue_max = 64, .batch_max = 8, .every = 1ms});
  constexpr int per_thread = 2'000;
  std::atomic<int> working{3};
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&] {
      scene.record(0, per_thread);
      if (--working == 0) asio::post(scene.context, [&] { scene.stop(); });
    });
  }
  scene.start();
  scene.context.run();
  for (std::thread& thread : threads)
    thread.join();
  REQUIRE(scene.received() + scene.exporter.dropped() == 3 * per_thread);
}
