#include "common/http/connection.h"

#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "common/log.h"

namespace common::http {
namespace {

constexpr std::size_t unread_max = 64 * 1024;  // pipelined input kept while an answer is being made
constexpr std::chrono::seconds linger_time{2};
constexpr std::chrono::seconds ping_after{15};  // of silence, for a stream that asks to be kept alive

using Phase = ServerProtocol::Phase;

}  // namespace

Connection::Connection(Worker& worker, int fd, std::string peer_address, const TlsContext* tls)
    : worker_(worker),
      fd_(fd),
      peer_address_(std::move(peer_address)),
      tls_(tls ? std::make_unique<TlsSession>(*tls) : nullptr),
      protocol_(worker.service(), worker.exchanges(), *this) {}

Connection::~Connection() {
  if (open()) ::close(fd_);
}

void Connection::start() {
  last_active_ = last_sent_ = worker_.now();
  interest_ = EPOLLIN | EPOLLRDHUP;
  worker_.poller().add(fd_, interest_, this);
  update_deadline();
}

void Connection::close_after(const std::exception& failure) noexcept {
  log::error("connection closed", {{"reason", failure.what()}});
  close();
}

void Connection::on_ready(std::uint32_t events) {
  guarded([&] { handle(events); });
}

void Connection::handle(std::uint32_t events) {
  // A reset, or both sides have ended: no answer can leave any more, and epoll would report it without end.
  if ((events & EPOLLERR) != 0 || ((events & EPOLLHUP) != 0 && peer_finished_)) return close();
  if ((events & EPOLLOUT) != 0) flush_unsent();
  if (open() && (events & (EPOLLIN | EPOLLHUP | EPOLLERR | EPOLLRDHUP)) != 0) read_some();
}

void Connection::read_some() {
  const auto buffer = worker_.read_buffer();
  const ssize_t got = ::recv(fd_, buffer.data(), buffer.size(), 0);
  if (got < 0) {
    if (errno == EAGAIN || errno == EINTR) return;
    return close();
  }
  last_active_ = worker_.now();
  if (got == 0) return input_ended();
  if (lingering_) return;  // read and dropped
  std::string& out = worker_.scratch_out();
  out.clear();
  received({buffer.data(), static_cast<std::size_t>(got)}, out);
}

// The client has sent its last byte. What it asked for before is still answered; a stream is not gone on with.
void Connection::input_ended() {
  peer_finished_ = true;
  wake_reader();
  if (lingering_) return close();
  const Phase phase = protocol_.phase();
  const bool owed = phase == Phase::busy || (phase != Phase::streaming && !unsent_.empty());
  if (!owed) return begin_lingering();
  update_interest();
}

void Connection::received(std::string_view bytes, std::string& out) {
  if (!tls_) {
    protocol_.receive(bytes, out);
    wake_reader();
    return deliver(out);
  }
  std::string& plain = worker_.scratch_plain();
  plain.clear();
  std::string cipher;
  const auto state = tls_->receive(bytes, plain, cipher);
  if (!cipher.empty()) {
    unsent_.append(cipher);
    flush_unsent();
    if (!open()) return;
  }
  if (!plain.empty()) protocol_.receive(plain, out);
  wake_reader();
  deliver(out);
  if (!open() || lingering_) return;
  if (state == TlsSession::State::closed) return input_ended();
  if (state == TlsSession::State::failed) begin_lingering();
}

void Connection::deliver(std::string& out) {
  if (!out.empty()) last_sent_ = worker_.now();
  while (open()) {
    if (tls_ && !out.empty()) {
      std::string cipher;
      if (tls_->send(out, cipher) == TlsSession::State::failed) return close();
      out.swap(cipher);
    }
    if (unsent_.empty() && !out.empty()) {
      const ssize_t sent = ::send(fd_, out.data(), out.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno != EAGAIN && errno != EINTR) return close();
      const std::size_t taken = sent < 0 ? 0 : static_cast<std::size_t>(sent);
      if (taken < out.size()) unsent_.assign(out, taken);
    } else {
      unsent_.append(out);
    }
    // If all of it went, nothing will wake us for the input that was left because `out` had grown large.
    if (out.empty() || !unsent_.empty() || protocol_.unread_bytes() == 0) break;
    out.clear();
    protocol_.resume(out);
  }
  after_output();
}

void Connection::flush_unsent() {
  while (open() && unsent_sent_ < unsent_.size()) {
    const ssize_t sent = ::send(fd_, unsent_.data() + unsent_sent_, unsent_.size() - unsent_sent_, MSG_NOSIGNAL);
    if (sent < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN) return close();
      break;
    }
    unsent_sent_ += static_cast<std::size_t>(sent);
    drained_bytes_ += static_cast<std::size_t>(sent);
    last_active_ = worker_.now();
  }
  if (unsent_sent_ == unsent_.size()) {
    unsent_ = {};
    unsent_sent_ = 0;
    wake_writers();
    if (protocol_.unread_bytes() > 0 && protocol_.phase() != Phase::busy) {
      std::string out;
      protocol_.resume(out);
      return deliver(out);
    }
  } else if (unsent_sent_ > unsent_high) {
    unsent_.erase(0, unsent_sent_);
    unsent_sent_ = 0;
    wake_writers();
  }
  after_output();
}

void Connection::wake_writers() {
  if (waiting_writer_) waiting_writer_->cancel();
}

void Connection::wake_reader() {
  if (waiting_reader_) waiting_reader_->cancel();
}

// Whatever was to be said has been handed to the kernel or to unsent_: what now?
void Connection::after_output() {
  if (!open()) return;
  if (unsent_.empty()) {
    const Phase phase = protocol_.phase();
    if (phase == Phase::closing && !lingering_) return begin_lingering();
    if (peer_finished_ && phase != Phase::busy && phase != Phase::streaming) return begin_lingering();
  }
  update_interest();
  update_deadline();
}

void Connection::begin_lingering() {
  lingering_ = true;
  if (tls_) {
    std::string cipher;
    tls_->close(cipher);
    ::send(fd_, cipher.data(), cipher.size(),
           MSG_NOSIGNAL);  // best effort: the alert is a courtesy
  }
  if (peer_finished_ || ::shutdown(fd_, SHUT_WR) != 0) return close();
  update_interest();
  update_deadline();
}

// Level-triggered: what we do not want to hear about now must be switched off.
void Connection::update_interest() {
  std::uint32_t wanted = 0;
  const bool full = protocol_.unread_bytes() >= unread_max || unsent_.size() - unsent_sent_ > unsent_high;
  if (!peer_finished_ && (lingering_ || !full)) wanted |= EPOLLIN | EPOLLRDHUP;
  if (unsent_sent_ < unsent_.size()) wanted |= EPOLLOUT;
  if (wanted == interest_) return;
  interest_ = wanted;
  worker_.poller().modify(fd_, interest_, this);
}

// Deadlines by stage. Within one that moves bytes, each bytes_per_second_min of them buy one more second; nothing
// else that arrives within a stage (a byte of a head, of a TLS handshake, an empty line) moves its deadline.
void Connection::update_deadline() {
  const Stage stage{lingering_ ? Phase::closing : protocol_.phase(), !unsent_.empty(), protocol_.answered()};
  const auto& limits = worker_.limits();
  if (stage != stage_) {
    stage_ = stage;
    stage_started_ = worker_.now();
    drained_bytes_ = 0;
  }
  const auto earned = [&](std::size_t bytes) { return std::chrono::seconds{bytes / limits.bytes_per_second_min}; };
  if (lingering_) {
    deadline_ = stage_started_ + linger_time;
  } else if (stage.blocked) {
    deadline_ = stage_started_ + limits.idle_timeout + earned(drained_bytes_);
  } else if (stage.phase == Phase::idle) {
    deadline_ = stage_started_ + (stage.answered == 0 ? limits.header_timeout : limits.idle_timeout);
  } else if (stage.phase == Phase::head) {
    deadline_ = stage_started_ + limits.header_timeout;
  } else if (stage.phase == Phase::body) {
    deadline_ = stage_started_ + limits.header_timeout + earned(protocol_.body_received());
  } else {
    deadline_ = Instant::max();  // a handler at work, or a stream: theirs to bound
  }
}

void Connection::check_deadline(Instant now, bool draining, std::chrono::nanoseconds quiet) {
  guarded([&] { enforce_deadline(now, draining, quiet); });
}

void Connection::enforce_deadline(Instant now, bool draining, std::chrono::nanoseconds quiet) {
  if (now >= deadline_) {
    if (lingering_ || !unsent_.empty()) return close();
    if (protocol_.phase() == Phase::idle && input_waiting()) return;  // a request is already here
    std::string out;
    protocol_.timed_out(out);
    return deliver(out);
  }
  if (protocol_.phase() == Phase::streaming && unsent_.empty() && now - last_sent_ >= ping_after) {
    std::string out;
    protocol_.stream_ping(out);
    return deliver(out);
  }
  if (!draining || protocol_.phase() != Phase::idle || !unsent_.empty()) return;
  if (now - std::max(last_active_, last_sent_) < quiet || input_waiting()) return;
  close();
}

bool Connection::input_waiting() const {
  int waiting = 0;
  return ::ioctl(fd_, FIONREAD, &waiting) == 0 && waiting > 0;
}

void Connection::close() {
  if (!open()) return;
  worker_.poller().remove(fd_, this);
  ::close(fd_);
  fd_ = -1;
  wake_writers();
  wake_reader();
  worker_.forget(*this);
}

}  // namespace common::http
