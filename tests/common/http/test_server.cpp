#include "tests/common/http/test_server.h"

#include <charconv>

#include "common/http/sse.h"
#include "tests/support/eventually.h"

namespace testing {
namespace {

using namespace common;
using namespace common::http;
using namespace std::chrono_literals;

std::size_t size_asked(const Request& request) {
  const std::string text = request.query_parameter("size").value_or("0");
  std::size_t size = 0;
  std::from_chars(text.data(), text.data() + text.size(), size);
  return size;
}

struct Waiting {
  explicit Waiting(std::atomic<int>& n) : count(n) { ++count; }
  ~Waiting() { --count; }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;
  std::atomic<int>& count;
};

Task<Response> answer_later(Door& gate) {
  co_await gate.wait();
  co_return text(200, "later");
}

Task<void> tell_events(EventSink& events, std::atomic<int>& ended) {
  for (int i = 0; i < 6000 && !events.ending(); ++i) {
    const Event event{.data = std::to_string(i), .id = std::to_string(i), .type = {}};
    if (!co_await events.send(event)) break;
    co_await sleep_for(10ms);  // a handler that takes its time
  }
  ++ended;
}

Task<void> write_burst(BodyWriter& body, Door& gate, std::size_t size, std::atomic<int>& ended) {
  if (!co_await body.write("a")) co_return;
  co_await gate.wait();
  std::size_t left = size;
  while (left > 0) {
    const std::size_t part = std::min<std::size_t>(left, 64 * 1024);
    if (!co_await body.write(std::string(part, 'b'))) break;
    left -= part;
  }
  ++ended;
}

}  // namespace

Task<void> Door::wait() {
  const Waiting waiting(waiting_);  // also when it is cancelled
  for (int i = 0; i < 30'000 && !open_; ++i)
    co_await sleep_for(2ms);  // polls, bounded
}

bool eventually(const std::function<bool()>& condition) {
  return eventually(30s, condition);
}

TestServer::TestServer(const TestServerOptions& options) : app_(options.max_body) {
  add_routes();
  options.routes(app_);
  runtime_ = std::make_unique<Runtime>(options.threads);
  server_ = std::make_unique<Server>(*runtime_, options, app_);
  app_.add_authority("127.0.0.1:" + std::to_string(port()));
  thread_ = std::thread([this] {
    try {
      runtime_->run(server_->serve());
    } catch (...) {
      failure_ = std::current_exception();
    }
    ended_ = true;
  });
}

TestServer::~TestServer() {
  gate_.open();
  if (thread_.joinable()) {
    stop();
    thread_.join();
  }
  server_.reset();
  runtime_.reset();  // with its coroutines, which use what is above
}

void TestServer::join() {
  thread_.join();
  if (failure_) std::rethrow_exception(failure_);
}

bool TestServer::reaches_connections(std::size_t count) const {
  return eventually([&] { return server_->connections() == count; });
}

void TestServer::add_routes() {
  Router& router = app_.router();
  router.get("/hello", {}, [this](Request&) -> Reply {
    ++begun_;
    return text(200, "hello");
  });
  router.post("/echo", {}, [this](Request& request) -> Reply {
    ++begun_;
    return text(200, request.body);
  });
  router.get("/big", {}, [this](Request& request) -> Reply {
    ++begun_;
    return text(200, std::string(size_asked(request), 'b'));
  });
  router.get("/later", {}, [this](Request&) -> Reply {
    ++begun_;
    return answer_later(gate_);
  });
  router.get("/thread", {}, [](Request&) -> Reply { return text(200, std::to_string(current_thread_index())); });
  router.get("/events", {}, [this](Request&) -> Reply {
    ++begun_;
    return event_stream([this](EventSink& events) { return tell_events(events, streams_ended_); });
  });
  router.get("/burst", {}, [this](Request& request) -> Reply {
    ++begun_;
    Response response(200);
    response.stream = [this, size = size_asked(request)](BodyWriter& body) {
      return write_burst(body, gate_, size, streams_ended_);
    };
    return response;
  });
}

}  // namespace testing
