// One HTTP/1.1 connection, seen from the server, without I/O: bytes come in, bytes go out.
//
// Keep-alive, pipelining, 100-continue, HEAD, streaming and the decision to close live here; sockets, TLS and
// timers do not (connection.h). The same code runs under plain sockets, TLS, unit tests and the fuzzer.
//
// Invariants:
//   1. Answers leave in the order of their requests. While one is being made, later input waits in `unread_`.
//   2. The complete requests of one receive() are answered before it returns, up to `out_high` bytes of answers or
//      the first that needs a coroutine: one write carries them.
//   3. After a malformed request the framing is lost: it is answered, and `closing()` is true for good.
//   4. A connection without a request under way holds no buffer: the Exchange goes back to the pool.
//
// Belongs to one thread.

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/http/handler.h"
#include "common/http/request_parser.h"
#include "common/http/response_writer.h"

namespace common::http {

// A request and what parses it.
struct Exchange {
  Request request;
  RequestParser parser{request};
};

// Keeps a few spare Exchanges, with their buffers, for a thread's next requests.
class ExchangePool {
 public:
  std::unique_ptr<Exchange> take();
  void give(std::unique_ptr<Exchange> exchange);

 private:
  static constexpr std::size_t spare_max = 32;
  std::vector<std::unique_ptr<Exchange>> spare_;
};

class ServerProtocol : private BodyReader {
 public:
  // What the protocol asks of whoever owns the socket.
  class Host {
   public:
    virtual ~Host() = default;
    // Runs `task` and then calls completed() with its outcome, on the same thread, not from within run().
    virtual void run(Task<Response> task) = 0;
    // Runs `stream`, whose writes become stream_write(), and then calls stream_ended().
    virtual void run(BodyStream stream) = 0;
    virtual std::string_view peer_address() const = 0;
    virtual bool secure() const = 0;
    virtual Instant now() const = 0;            // when the bytes at hand were read
    virtual std::string_view date() const = 0;  // for the Date header
    virtual bool draining() const = 0;          // the last answer carries "Connection: close"
    virtual bool input_waiting() const = 0;     // more has arrived than was handed over; asked while draining
    // For a handler that reads its request's body: until more was received. Whether more may come; `timed_out` when
    // nothing came for too long.
    virtual Task<Result<bool>> wait_for_input() { co_return false; }
    virtual void input_taken() {}  // there is room for more
  };

  enum class Phase { idle, head, body, busy, streaming, closing };

  ServerProtocol(Service& service, ExchangePool& pool, Host& host) : service_(service), pool_(pool), host_(host) {}

  // Takes `bytes`, appends what is to be sent to `out`.
  void receive(std::string_view bytes, std::string& out);
  // Goes on with input that was left because `out` had grown past `out_high`.
  void resume(std::string& out) { pump({}, out); }
  // The task given to run() ended; `failure` is the exception that left it, if one did.
  void completed(Response response, const std::exception_ptr& failure, std::string& out);

  void stream_write(std::string_view bytes, std::string& out);
  // What keeps a silent stream alive, if it asked for that.
  void stream_ping(std::string& out) { stream_write(stream_ping_, out); }
  // `complete` is false when the stream broke off: then the connection is closed without its last chunk,
  // so that the client can tell.
  void stream_ended(bool complete, std::string& out);

  // The client was too slow: answers 408 if it had begun a request, and closes.
  void timed_out(std::string& out);

  Phase phase() const noexcept;
  bool closing() const noexcept { return closing_; }
  std::size_t body_received() const noexcept { return exchange_ ? exchange_->request.body.size() : 0; }
  std::size_t unread_bytes() const noexcept { return unread_.size(); }
  std::uint64_t answered() const noexcept { return answered_; }  // requests so far, well-formed or not

  static constexpr std::size_t out_high = 256 * 1024;

 private:
  void pump(std::string_view bytes, std::string& out);
  bool advance(std::string_view& input, std::string& out);
  bool begin_body(std::string_view& input, std::string& out);
  void dispatch(std::string& out);
  Reply start(Request& request);
  void finish(Request& request, Response& response);
  void answer(Response& response, std::string& out);
  void refuse(const ParseFailure& failure, std::string& out);
  WriteOptions write_options(const Response& response) const;
  bool last_answer() const;
  void end_exchange();
  Task<Result<std::string>> read() override;

  Service& service_;
  ExchangePool& pool_;
  Host& host_;
  std::unique_ptr<Exchange> exchange_;
  std::string unread_;
  std::uint64_t answered_ = 0;
  bool busy_ = false;
  bool streaming_ = false;
  bool stream_chunked_ = false;
  std::string_view stream_ping_;
  bool close_after_stream_ = false;
  bool closing_ = false;
  bool more_input_ = false;  // behind the request that is being answered
  bool reading_ = false;     // the handler reads the body
};

}  // namespace common::http
