#include "bench/load/generator.h"

#include <chrono>
#include <mutex>
#include <set>
#include <thread>

#include "bench/load/exchange.h"
#include "tests/bench/fake_server.h"
#include "tests/support/catch.h"

using bench::load::Generator;
using bench::load::GeneratorOptions;
using bench::load::LoadReport;
using testing::FakeServer;
using testing::http_answer;
using namespace std::chrono_literals;

namespace {

// Loads `server` for 100 ms in a closed loop with 4 connections.
LoadReport load(const FakeServer& server, GeneratorOptions options = {}) {
  options.target = server.endpoint();
  options.connections = 4;
  options.patience = 500ms;
  Generator generator(options);
  generator.connect();
  return generator.run_closed_loop(100ms);
}

std::string number_in(const std::string& request) {
  const auto at = request.find("GET /") + 5;
  return request.substr(at, request.find(' ', at) - at);
}

}  // namespace

TEST_CASE("the generator counts right answers and their bytes") {
  const FakeServer server([](const std::string&) { return http_answer("200 OK", "hello"); });
  const LoadReport report = load(server);
  REQUIRE(report.answered > 0);
  REQUIRE(report.all_expected());
  REQUIRE(report.complaint().empty());
  REQUIRE(report.by_status.at(200) == report.answered);
  REQUIRE(report.latency.count() == report.answered);
  REQUIRE(report.bytes_received == report.answered * http_answer("200 OK", "hello").size());
}

TEST_CASE("an answer with another status than expected is counted as a mismatch") {
  int count = 0;
  const FakeServer server(
      [&](const std::string&) { return http_answer(++count % 10 == 0 ? "404 Not Found" : "302 Found"); });
  GeneratorOptions options;
  options.expected_status = 302;
  const LoadReport report = load(server, options);
  REQUIRE(report.mismatched == report.by_status.at(404));
  REQUIRE(report.mismatched > 0);
  REQUIRE_FALSE(report.all_expected());
  REQUIRE(report.complaint().find("status 404") != std::string::npos);
}

TEST_CASE("a connection that the server drops is a failure, said, and opened again") {
  int count = 0;
  const FakeServer server([&](const std::string&) { return ++count == 20 ? "" : http_answer("200 OK"); });
  const LoadReport report = load(server);
  REQUIRE(report.failed == 1);
  REQUIRE(report.reconnects == 1);
  REQUIRE(report.problems.at("closed before the answer was whole") == 1);
  REQUIRE(report.answered > 20);
}

TEST_CASE("a server that announces to close is reconnected to without a failure") {
  const FakeServer server([](const std::string&) {
    return std::string("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
  });
  const LoadReport report = load(server);
  REQUIRE(report.all_expected());
  REQUIRE(report.reconnects == report.answered);
}

TEST_CASE("chunked answers and unasked-for bytes are refused, saying so") {
  const FakeServer chunked(
      [](const std::string&) { return std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"); });
  REQUIRE(load(chunked).problems.begin()->first == "a chunked answer, which this client does not read");
  const FakeServer chatty([](const std::string&) { return http_answer("200 OK", "hello") + "more"; });
  REQUIRE(load(chatty).problems.begin()->first == "more bytes than Content-Length announced");
}

TEST_CASE("answers that come in pieces are put together") {
  const std::string body(200'000, 'x');  // larger than a read
  const FakeServer server([&](const std::string&) { return http_answer("200 OK", body); });
  const LoadReport report = load(server);
  REQUIRE(report.all_expected());
  REQUIRE(report.bytes_received == report.answered * http_answer("200 OK", body).size());
}

TEST_CASE("a real stall shows in the open loop's percentiles, though only one answer was slow") {
  const auto start = std::chrono::steady_clock::now();
  bool stalled = false;
  const FakeServer server([&](const std::string&) {
    if (!stalled && std::chrono::steady_clock::now() - start > 200ms) {
      stalled = true;
      std::this_thread::sleep_for(200ms);  // the stall itself
    }
    return http_answer("200 OK");
  });
  GeneratorOptions options;
  options.target = server.endpoint();
  options.connections = 4;
  Generator generator(options);
  generator.connect();
  const LoadReport report = generator.run_open_loop(500ms, 1000);
  REQUIRE(report.all_expected());
  REQUIRE(report.answered == 500);  // those due during the stall are sent late, not dropped
  // 200 of 500 requests were due while it stood still: lower bounds only, so a busy machine cannot
  // fail this.
  REQUIRE(report.latency.percentile(90) > 80'000'000);
  REQUIRE(report.latency.max() > 190'000'000);
  REQUIRE(report.wait.percentile(90) > 80'000'000);  // they waited for one of four connections
}

TEST_CASE("requests still without an answer at the end are counted, with their age") {
  const FakeServer server([](const std::string&) {
    std::this_thread::sleep_for(400ms);  // longer than the client waits
    return http_answer("200 OK");
  });
  GeneratorOptions options;
  options.target = server.endpoint();
  options.connections = 2;
  options.patience = 100ms;
  Generator generator(options);
  generator.connect();
  const LoadReport report = generator.run_open_loop(100ms, 100);
  REQUIRE(report.answered + report.unanswered == 10);
  REQUIRE(report.unanswered >= 9);
  REQUIRE(report.latency.count() == 10);
  REQUIRE(report.latency.min() > 90'000'000);
}

TEST_CASE("{n} numbers the requests, each once, over all threads") {
  std::mutex mutex;
  std::multiset<std::string> seen;
  const FakeServer server([&](const std::string& request) {
    const std::lock_guard lock(mutex);
    seen.insert(number_in(request));
    return http_answer("200 OK");
  });
  GeneratorOptions options;
  options.request.target = "/{n}";
  options.threads = 2;
  const LoadReport report = load(server, options);
  REQUIRE(report.all_expected());
  const std::lock_guard lock(mutex);
  REQUIRE(seen.size() == report.answered);
  REQUIRE(std::set<std::string>(seen.begin(), seen.end()).size() == seen.size());
  REQUIRE(seen.count("0000000000") == 1);
}

TEST_CASE("a port where nobody listens is an error, not a result") {
  bench::Endpoint nowhere;
  {
    const FakeServer gone([](const std::string&) { return ""; });
    nowhere = gone.endpoint();
  }
  GeneratorOptions options;
  options.target = nowhere;
  Generator generator(options);
  REQUIRE_THROWS(generator.connect());
  REQUIRE_THROWS(bench::load::exchange(nowhere, {}, 200ms));
}

TEST_CASE("one exchange answers the status, the head and the body") {
  const FakeServer server([](const std::string&) { return http_answer("201 Created", "made"); });
  const auto answer = bench::load::exchange(server.endpoint(), {});
  REQUIRE(answer.status == 201);
  REQUIRE(answer.body == "made");
  REQUIRE(answer.head + answer.body == http_answer("201 Created", "made"));
}
