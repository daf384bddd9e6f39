// How a request meets the code that answers it.
//
// A handler takes a Request and gives a Reply: an answer that is ready, or a coroutine that will have it.
//
//   Reply redirect(Request& request) {
//     if (const auto* link = cache_.find(code)) return answer(*link);   // hot: no coroutine frame at all
//     return redirect_from_store(request);                               // a Task<Response>
//   }

#pragma once

#include <functional>
#include <utility>
#include <variant>

#include "common/http/request.h"
#include "common/http/response.h"
#include "common/runtime/task.h"

namespace common::http {

class Reply {
 public:
  Reply(Response ready) : value_(std::move(ready)) {}            // NOLINT: converting on purpose
  Reply(Task<Response> pending) : value_(std::move(pending)) {}  // NOLINT

  bool ready() const noexcept { return value_.index() == 0; }
  Response& response() { return std::get<0>(value_); }
  Task<Response> take_task() { return std::move(std::get<1>(value_)); }

  // For a coroutine that passes it on: the answer, now or when it is there.
  static Task<Response> wait(Reply reply) {
    if (reply.ready()) co_return std::move(reply.response());
    co_return co_await reply.take_task();
  }

 private:
  std::variant<Response, Task<Response>> value_;
};

using Handler = std::function<Reply(Request&)>;

// What the engine calls. `start` for each well-formed request, then `finish` with the answer, whoever made it;
// `finish` alone for an answer that the engine gave itself (malformed, too large, too slow). Called on the
// connection's thread; an exception out of `start` or its coroutine becomes a 500.
class Service {
 public:
  virtual ~Service() = default;
  virtual Reply start(Request& request) = 0;
  virtual void finish(Request& request, Response& response) = 0;
  // Largest body this request may have, in bytes; asked once its head is read, if a body is to follow, before start().
  virtual std::size_t max_body(Request& request) = 0;
  // Whether start() is called at the head's end already, and the handler reads the body from request.body_reader.
  virtual bool streams_body(Request&) { return false; }
};

}  // namespace common::http
