#include "common/http/server_protocol.h"

#include "common/log.h"

namespace common::http {
namespace {

Response internal_error(const Request& request, const std::exception_ptr& failure) {
  std::string reason = "unknown";
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& e) {
    reason = e.what();
  } catch (...) {  // keeps "unknown"
  }
  log::error("handler failed", {{"request_id", request.id}, {"route", request.route}, {"reason", reason}});
  return error(500, "INTERNAL", "something went wrong here; the request id names it in the log");
}

}  // namespace

std::unique_ptr<Exchange> ExchangePool::take() {
  if (spare_.empty()) return std::make_unique<Exchange>();
  auto exchange = std::move(spare_.back());
  spare_.pop_back();
  return exchange;
}

void ExchangePool::give(std::unique_ptr<Exchange> exchange) {
  if (spare_.size() == spare_max) return;
  exchange->parser.reset();
  spare_.push_back(std::move(exchange));
}

ServerProtocol::Phase ServerProtocol::phase() const noexcept {
  if (closing_) return Phase::closing;
  if (streaming_) return Phase::streaming;
  if (busy_) return Phase::busy;
  if (!exchange_ || !exchange_->parser.begun()) return Phase::idle;
  return exchange_->parser.state() == RequestParser::State::body ? Phase::body : Phase::head;
}

void ServerProtocol::receive(std::string_view bytes, std::string& out) {
  pump(bytes, out);
}

// Answers what is complete; keeps the rest.
void ServerProtocol::pump(std::string_view bytes, std::string& out) {
  if (closing_) return;
  if (busy_ || streaming_) {
    unread_.append(bytes);
    return;
  }
  std::string joined;
  if (!unread_.empty()) {
    joined = std::move(unread_);
    joined.append(bytes);
    unread_ = {};
    bytes = joined;
  }
  while (!bytes.empty() && !busy_ && !streaming_ && !closing_ && out.size() < out_high) {
    if (!advance(bytes, out)) break;
  }
  if (!bytes.empty() && !closing_) unread_.assign(bytes);
  if (exchange_ && !busy_ && !streaming_ && exchange_->parser.untouched()) end_exchange();
}

// One step of parsing. False when it needs more input than there is.
bool ServerProtocol::advance(std::string_view& input, std::string& out) {
  using State = RequestParser::State;
  if (!exchange_) exchange_ = pool_.take();
  RequestParser& parser = exchange_->parser;
  Request& request = exchange_->request;
  if (!parser.begun()) request.started = host_.now();

  const State before = parser.state();
  const std::size_t used = parser.feed(input);
  input.remove_prefix(used);
  more_input_ = !input.empty();
  const bool dispatched = before == State::head && parser.state() == State::body && begin_body(input, out);
  if (dispatched) return true;
  if (parser.state() == State::failed) {
    refuse(parser.failure(), out);
    return false;
  }
  if (parser.state() == State::done) {
    dispatch(out);
    return true;
  }
  return used > 0;
}

// The head is here: decides how large a body may follow, and asks for it if the client waits to be asked. True when the
// handler has been called, and reads it itself.
bool ServerProtocol::begin_body(std::string_view& input, std::string& out) {
  RequestParser& parser = exchange_->parser;
  const bool streamed = service_.streams_body(exchange_->request);
  parser.set_max_body(streamed ? SIZE_MAX : service_.max_body(exchange_->request));
  if (parser.state() == RequestParser::State::body && parser.expects_continue() && input.empty()) {
    out.append("HTTP/1.1 100 Continue\r\n\r\n");
  }
  if (!streamed || parser.state() != RequestParser::State::body) return false;
  unread_.assign(input);  // where read() looks
  input = {};
  reading_ = true;
  exchange_->request.body_reader = this;
  dispatch(out);
  return true;
}

// Input waits in `unread_` while the handler is busy; here it asks for some.
Task<Result<std::string>> ServerProtocol::read() {
  using State = RequestParser::State;
  for (;;) {
    if (!exchange_) co_return Error{Failure::closed, "the request is over"};
    RequestParser& parser = exchange_->parser;
    while (!unread_.empty() && parser.state() == State::body) {
      const std::size_t used = parser.feed(unread_);
      unread_.erase(0, used);
      if (used == 0) break;
    }
    if (parser.state() == State::failed) co_return Error{Failure::invalid, "the body is malformed"};
    std::string part = std::move(exchange_->request.body);
    exchange_->request.body.clear();
    host_.input_taken();
    if (!part.empty() || parser.state() == State::done) co_return part;
    const auto more = co_await host_.wait_for_input();
    if (more.has_error()) co_return more.error();
    if (!*more && unread_.empty()) co_return Error{Failure::closed, "the client went away"};
  }
}

void ServerProtocol::dispatch(std::string& out) {
  Request& request = exchange_->request;
  request.peer_address = host_.peer_address();
  request.secure = host_.secure();
  Reply reply = start(request);
  if (reply.ready()) {
    answer(reply.response(), out);
  } else {
    busy_ = true;
    host_.run(reply.take_task());
  }
}

Reply ServerProtocol::start(Request& request) {
  try {
    return service_.start(request);
  } catch (...) {
    return internal_error(request, std::current_exception());
  }
}

// What the service throws here must not end the thread, and `finish` is called once all the same.
void ServerProtocol::finish(Request& request, Response& response) {
  try {
    service_.finish(request, response);
  } catch (...) {
    response = internal_error(request, std::current_exception());
  }
}

void ServerProtocol::completed(Response response, const std::exception_ptr& failure, std::string& out) {
  busy_ = false;
  more_input_ = !unread_.empty();
  if (failure) response = internal_error(exchange_->request, failure);
  answer(response, out);
  pump({}, out);
}

// While draining: the answer behind which no input has arrived. What has is answered first.
bool ServerProtocol::last_answer() const {
  return host_.draining() && !more_input_ && !host_.input_waiting();
}

WriteOptions ServerProtocol::write_options(const Response& response) const {
  const Request& request = exchange_->request;
  WriteOptions options;
  options.head_only = request.method == Method::head;
  options.version = request.version;
  options.date = host_.date();
  options.keep_alive =
      exchange_->parser.keep_alive() && !response.close && !last_answer() && !(response.stream && !chunked(options));
  return options;
}

void ServerProtocol::answer(Response& response, std::string& out) {
  if (reading_ && exchange_->parser.state() != RequestParser::State::done) {
    response.close = true;  // the rest of the body is in the way of the next request
    unread_.clear();
  }
  reading_ = false;
  finish(exchange_->request, response);
  if (response.status == 204 || response.status == 304) response.stream = nullptr;  // neither has a body
  const WriteOptions options = write_options(response);
  write_response(response, options, out);
  ++answered_;
  if (response.stream && !options.head_only) {
    streaming_ = true;
    stream_chunked_ = chunked(options);
    close_after_stream_ = !options.keep_alive;
    stream_ping_ = response.stream_ping;
    host_.run(std::move(response.stream));
    return;
  }
  closing_ = !options.keep_alive;
  end_exchange();
}

void ServerProtocol::stream_write(std::string_view bytes, std::string& out) {
  if (!streaming_ || bytes.empty()) return;
  if (stream_chunked_) {
    write_chunk(bytes, out);
  } else {
    out.append(bytes);
  }
}

void ServerProtocol::stream_ended(bool complete, std::string& out) {
  if (!streaming_) return;
  streaming_ = false;
  if (complete && stream_chunked_) write_last_chunk(out);
  more_input_ = !unread_.empty();
  closing_ = close_after_stream_ || !complete || !stream_chunked_ || last_answer();
  end_exchange();
  pump({}, out);
}

// The engine's own answer to what is no request. The framing is lost, so the connection ends with it.
void ServerProtocol::refuse(const ParseFailure& failure, std::string& out) {
  Request& request = exchange_->request;
  request.peer_address = host_.peer_address();
  request.secure = host_.secure();
  Response response = error(failure.status, failure.code, failure.message);
  finish(request, response);
  WriteOptions options;
  options.keep_alive = false;
  options.version = request.version;
  options.date = host_.date();
  options.head_only = request.method == Method::head;
  write_response(response, options, out);
  ++answered_;
  closing_ = true;
  end_exchange();
}

void ServerProtocol::timed_out(std::string& out) {
  const Phase now = phase();
  if (now == Phase::head || now == Phase::body) {
    refuse({408, "REQUEST_TIMEOUT", "the request took too long to arrive"}, out);
  }
  closing_ = true;
}

void ServerProtocol::end_exchange() {
  pool_.give(std::move(exchange_));
  exchange_ = nullptr;
}

}  // namespace common::http
