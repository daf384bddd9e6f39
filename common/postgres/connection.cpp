#include "common/postgres/connection.h"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <utility>

#include "common/log.h"
#include "common/postgres/libpq.h"

namespace common::postgres {
namespace {

using error_code = boost::system::error_code;

// libpq prints them to stderr otherwise.
void ignore_notice(void*, const PGresult*) {}

}  // namespace

void Connection::Finish::operator()(pg_conn* connection) const noexcept {
  PQfinish(connection);
}

Connection::Connection(Executor executor, const Target& target, Owner& owner, const Limits& limits)
    : executor_(executor),
      target_(target),
      owner_(owner),
      limits_(limits),
      retry_(executor),
      socket_(executor),
      owed_(limits.owed_max) {}

Connection::~Connection() {
  if (socket_.is_open()) socket_.release();
}

void Connection::abandon(std::vector<Parked>& waiting) {
  const auto move_out = [&](Call* call) {
    if (call != nullptr && call->parked) waiting.push_back(*std::exchange(call->parked, std::nullopt));
  };
  for (const Owed& owed : owed_)
    move_out(owed.call);
  for (Call* call : batch_)
    move_out(call);
  move_out(uncommitted_);
}

void Connection::open() {
  state_ = State::connecting;
  spawn(executor_, "postgres connection", stay_connected(owner_.keep()));
}

void Connection::close() {
  closing_ = true;
  retry_.cancel();
  drop("closing");
}

void Connection::reset() {
  drop("given up");
}

void Connection::drop(std::string why) {
  if (dropped_.empty()) dropped_ = std::move(why);
  if (state_ == State::ready) state_ = State::connecting;  // takes no more calls
  error_code nothing_to_cancel;
  socket_.cancel(nothing_to_cancel);
}

std::string Connection::libpq_says() const {
  return target_.printable(PQerrorMessage(libpq_.get()));
}

Task<> Connection::stay_connected([[maybe_unused]] std::shared_ptr<void> keep) {
  for (std::uint32_t attempt = 0; !closing_; ++attempt) {
    std::string why = co_await connect();
    if (why.empty()) {
      if (state_ == State::away) log::info("PostgreSQL is back", {{"server", target_.address()}});
      state_ = State::ready;
      trouble_.clear();
      owner_.turn_over();
      co_await serve();
      why = std::exchange(dropped_, {});
      if (answered_) attempt = 0;
      if (!closing_) log::warn("PostgreSQL connection lost", {{"server", target_.address()}, {"error", why}});
      state_ = State::connecting;
    } else if (state_ != State::away && !closing_) {
      log::warn("PostgreSQL is away", {{"server", target_.address()}, {"error", why}});
      state_ = State::away;
    }
    trouble_ = target_.address() + ": " + why;
    lose(trouble_);
    owner_.turn_over();
    if (!closing_) co_await pause(attempt);
  }
  state_ = State::closed;
}

Task<> Connection::pause(std::uint32_t attempt) {
  retry_.expires_after(full_jitter(attempt, limits_.backoff, thread_random()));
  error_code cancelled;  // by close(), and then the loop ends
  co_await retry_.async_wait(asio::redirect_error(use_task, cancelled));
}

// Returns why it failed; empty when connected. PQconnectPoll() may close its socket and go on with another, for the
// next address or without TLS, so Asio lets go of it before each step.
Task<std::string> Connection::connect() {
  dropped_.clear();
  const char* const keywords[] = {"fallback_application_name", "dbname", nullptr};
  const char* const values[] = {application_name, target_.url().c_str(), nullptr};
  libpq_.reset(PQconnectStartParams(keywords, values, 1));
  if (!libpq_) co_return "out of memory";
  PQsetNoticeReceiver(libpq_.get(), ignore_notice, nullptr);
  connect_until_ = std::chrono::steady_clock::now() + limits_.connect;
  owner_.watch(connect_until_);

  auto status = PQstatus(libpq_.get()) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
  while (status != PGRES_POLLING_OK && status != PGRES_POLLING_FAILED && dropped_.empty()) {
    socket_.assign(PQsocket(libpq_.get()));
    error_code woken;
    co_await socket_.async_wait(status == PGRES_POLLING_READING ? Socket::wait_read : Socket::wait_write,
                                asio::redirect_error(use_task, woken));
    socket_.release();
    if (!woken) status = PQconnectPoll(libpq_.get());
  }
  std::string why = status == PGRES_POLLING_FAILED ? libpq_says() : "";
  PQsetnonblocking(libpq_.get(), 1);
  if (why.empty() && dropped_.empty()) why = co_await begin_session();
  connect_until_ = Instant::max();
  if (!dropped_.empty()) co_return dropped_;
  if (!why.empty()) co_return why;

  if (PQenterPipelineMode(libpq_.get()) == 0) co_return libpq_says();
  socket_.assign(PQsocket(libpq_.get()));
  ++epoch_;
  answered_ = false;
  co_return "";
}

// Why the session may not be used; empty when it may.
Task<std::string> Connection::begin_session() {
  if (limits_.session_begin.empty()) co_return "";
  if (PQsendQuery(libpq_.get(), limits_.session_begin.c_str()) == 0) co_return libpq_says();
  socket_.assign(PQsocket(libpq_.get()));
  std::string why;
  for (bool is_over = false; !is_over && dropped_.empty();) {
    if (PQisBusy(libpq_.get()) == 1) {
      error_code woken;
      co_await socket_.async_wait(Socket::wait_read, asio::redirect_error(use_task, woken));
      if (PQconsumeInput(libpq_.get()) == 1) continue;
      why = libpq_says();
      break;
    }
    const ResultPtr result(PQgetResult(libpq_.get()));
    is_over = !result;
    if (is_over) continue;
    const auto status = PQresultStatus(result.get());
    const bool speaks = PQntuples(result.get()) > 0 && PQgetisnull(result.get(), 0, 0) == 0;
    if (speaks && why.empty()) why = PQgetvalue(result.get(), 0, 0);
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) why = libpq_says();
  }
  socket_.release();
  co_return why;
}

// Until the connection is lost or dropped.
Task<> Connection::serve() {
  while (dropped_.empty()) {
    error_code woken;
    co_await socket_.async_wait(Socket::wait_read, asio::redirect_error(use_task, woken));
    if (woken) continue;  // by drop()
    heard_at_ = std::chrono::steady_clock::now();
    const bool open = PQconsumeInput(libpq_.get()) == 1;
    read_answers();  // also what came right before the end
    if (!open) drop(libpq_says());
    owner_.turn_over();
  }
}

void Connection::lose(const std::string& why) {
  if (socket_.is_open()) socket_.release();
  libpq_.reset();
  write_blocked_ = false;
  unsynced_ = false;
  statements_.clear();
  prepare_failure_.reset();
  const auto owed = std::exchange(owed_, boost::circular_buffer<Owed>(owed_.capacity()));
  if (Call* const call = std::exchange(uncommitted_, nullptr)) {
    answer(*call, without_answer(*call, Failure::unavailable, why));
  }
  for (const Owed& entry : owed) {
    if (entry.call == nullptr) continue;
    if (entry.call->kind == Call::Kind::read && entry.call->repeats_left-- > 0) {
      owner_.not_done(*entry.call);
    } else {
      answer(*entry.call, without_answer(*entry.call, Failure::unavailable, why));
    }
  }
  for (Call* call : std::exchange(batch_, {}))
    owner_.not_done(*call);
}

Instant Connection::expire(Instant now) {
  Instant next = Instant::max();
  const auto passed = [&](Instant deadline) {
    if (deadline > now) next = std::min(next, deadline);
    return deadline <= now;
  };
  const auto is_late = [&](Call* call) {
    if (call == nullptr || !passed(call->deadline)) return false;
    answer(*call, without_answer(*call, Failure::timed_out, "no answer by the deadline"));
    return true;
  };
  for (Owed& owed : owed_) {
    if (is_late(owed.call)) owed.call = nullptr;
  }
  if (is_late(uncommitted_)) uncommitted_ = nullptr;
  if (passed(connect_until_)) drop("no connection in time");
  if (!owed_.empty() && !is_awaited() && passed(heard_at_ + limits_.silence))
    drop("answers are due, and nothing comes");
  return next;
}

// Whether somebody still waits for what the server is busy with. A statement may take as long as its deadline says.
bool Connection::is_awaited() const {
  const auto busy_with =
      std::find_if(owed_.begin(), owed_.end(), [](const Owed& owed) { return owed.what == Owed::What::run; });
  return uncommitted_ != nullptr || (busy_with != owed_.end() && busy_with->call != nullptr);
}

}  // namespace common::postgres
