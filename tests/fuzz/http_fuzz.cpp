// Any bytes at all, into the server's side of an HTTP/1.1 connection.
//
// Each input is received twice: at once, and in pieces. The last two bytes say how it is cut, so that an input is
// otherwise a plain conversation, such as those in corpus/http. What must hold:
//
//   1. What is sent is a sequence of well-formed answers, as many as requests were finished (raw_client.cpp, a
//      reader that shares nothing with the writer, takes them apart).
//   2. There are not more answers than the input has ends of a head, and one for what is no request.
//   3. Where the input is cut changes nothing but who is asked to continue.
//   4. Behind the end of a connection nothing is sent.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "common/log.h"
#include "tests/support/protocol_driver.h"
#include "tests/support/raw_client.h"

namespace {

using namespace common;
using namespace common::http;

constexpr std::string_view asked_to_continue = "HTTP/1.1 100 Continue\r\n\r\n";

[[noreturn]] void broken(const char* what, std::string_view one, std::string_view other = {}) {
  std::cerr << "invariant broken: " << what << "\n--- " << one << "\n--- " << other << "\n";
  std::abort();
}

Task<Response> echo_later(Request& request) {
  co_await asio::post(co_await asio::this_coro::executor, use_task);
  co_return text(200, request.body);
}

Task<Response> throw_later() {
  co_await asio::post(co_await asio::this_coro::executor, use_task);
  throw std::runtime_error("later");
}

Task<void> write_parts(BodyWriter& body, std::string text) {
  (void)co_await body.write(text);
  co_await asio::post(co_await asio::this_coro::executor, use_task);
  (void)co_await body.write("end");
}

// The path's first letter says how it is answered; otherwise with what was asked.
class AnyService final : public Service {
 public:
  struct Finished {
    int status;
    bool head;
    bool operator==(const Finished&) const = default;
  };
  std::size_t started = 0;
  std::vector<Finished> finished;

  Reply start(Request& request) override {
    ++started;
    const char kind = request.path.size() > 1 ? request.path[1] : '/';
    if (kind == 'a') return echo_later(request);
    if (kind == 't') throw std::runtime_error("at once");
    if (kind == 'l') return throw_later();
    if (kind == 'n') return Response{204};
    if (kind == 'c') {
      Response closes(200);
      closes.close = true;
      return closes;
    }
    if (kind == 's') {
      Response streams(200);
      streams.stream = [said = request.body](BodyWriter& body) { return write_parts(body, said); };
      return streams;
    }
    std::string said(request.method_name);
    said.append(" ").append(request.target).append(" ").append(request.authority);
    for (const auto& [name, value] : request.headers())
      said.append("\n").append(name).append("=").append(value);
    return text(200, said + "\n" + request.body).header("X-Query", request.query_parameter("q").value_or(""));
  }
  void finish(Request& request, Response& response) override {
    finished.push_back({response.status, request.method == Method::head});
  }
  std::size_t max_body(Request& request) override { return request.path.size() * 64; }
};

struct Outcome {
  std::string sent;  // without 100 Continue
  std::size_t started = 0;
  std::vector<AnyService::Finished> finished;
  bool closing = false;
};

// What was sent, but for each 100 Continue between the answers. A body may hold these words too: they stay.
std::string without_interim(std::string sent, const std::vector<AnyService::Finished>& answers) {
  const auto skip_interim = [&] {
    while (sent.starts_with(asked_to_continue))
      sent.erase(0, asked_to_continue.size());
  };
  std::string rest;
  for (const auto& [status, head] : answers) {
    skip_interim();
    const std::string before = sent;
    if (!testing::take_response(sent, head, true)) break;
    rest.append(before, 0, before.size() - sent.size());
  }
  skip_interim();
  return rest.append(sent);
}

Outcome converse(const std::vector<std::string_view>& pieces, bool settle_between) {
  AnyService service;
  testing::ProtocolDriver wire(service);
  Outcome outcome;
  const auto go_on = [&] {  // as long as there is input that was only left for want of room
    for (std::size_t left = std::string::npos; wire.protocol().unread_bytes() < left;) {
      left = wire.protocol().unread_bytes();
      outcome.sent += wire.take();
      wire.settle();
      wire.resume();
    }
  };
  for (const auto piece : pieces) {
    wire.receive(piece);
    if (settle_between) go_on();
  }
  go_on();
  wire.settle();
  outcome.sent += wire.take();
  outcome.closing = wire.protocol().closing();
  if (!outcome.closing) wire.time_out();
  outcome.sent += wire.take();
  wire.receive("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  wire.settle();
  if (const std::string more = wire.take(); !more.empty()) broken("sent behind the end", outcome.sent, more);
  outcome.started = service.started;
  outcome.finished = service.finished;
  outcome.sent = without_interim(std::move(outcome.sent), outcome.finished);
  return outcome;
}

void check_answers(const Outcome& outcome) {
  std::string sent = outcome.sent;
  for (const auto& [status, head] : outcome.finished) {
    const auto answer = testing::take_response(sent, head, true);
    if (!answer || answer->status != status) broken("not the answer that was given", outcome.sent, sent);
  }
  if (!sent.empty()) broken("more than the answers", outcome.sent, sent);
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  log::configure(log::Level::off, log::Format::text);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data), size - 2);
  const std::size_t stride = data[size - 2];
  const bool settle_between = data[size - 1] % 2 == 0;

  const Outcome whole = converse({input}, true);
  check_answers(whole);
  std::size_t heads = 0;
  for (auto at = input.find("\r\n\r\n"); at != std::string_view::npos; at = input.find("\r\n\r\n", at + 1))
    ++heads;
  if (whole.started > heads) broken("more requests than heads", whole.sent);
  if (whole.finished.size() > whole.started + 1) broken("more answers than requests", whole.sent);

  std::vector<std::string_view> pieces;
  for (std::size_t at = 0, piece = 0; at < input.size(); at += piece) {
    piece = 1 + (stride * (pieces.size() + 1)) % 97 * (stride % 7);
    pieces.push_back(input.substr(at, piece));
  }
  const Outcome cut = converse(pieces, settle_between);
  if (cut.sent != whole.sent) broken("depends on where it is cut", whole.sent, cut.sent);
  if (cut.finished != whole.finished || cut.started != whole.started) broken("finished differently", whole.sent);
  return 0;
}
