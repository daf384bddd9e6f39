#include "common/postgres/connection.h"
#include "common/postgres/libpq.h"

namespace common::postgres {
namespace {

// Whether the statement must be prepared anew: a pooler or DISCARD forgot it, or the table has changed under its plan
// (which pgjdbc, too, tells by the function that complains: the message may be translated).
bool is_stale(const PGresult& result) {
  const char* const code = PQresultErrorField(&result, PG_DIAG_SQLSTATE);
  const char* const function = PQresultErrorField(&result, PG_DIAG_SOURCE_FUNCTION);
  if (code == nullptr) return false;
  return std::string_view(code) == "26000" || (std::string_view(code) == "0A000" && function != nullptr &&
                                               std::string_view(function) == "RevalidateCachedQuery");
}

// The session ended with it.
bool is_fatal(const PGresult& result) {
  const char* const severity = PQresultErrorField(&result, PG_DIAG_SEVERITY_NONLOCALIZED);
  return severity != nullptr && std::string_view(severity) != "ERROR";
}

bool is_success(ExecStatusType status) noexcept {
  return status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK || status == PGRES_EMPTY_QUERY;
}

}  // namespace

// ---- sending ----

void Connection::flush() {
  if (batch_.empty()) return;
  if (owed_.empty()) heard_at_ = std::chrono::steady_clock::now();
  for (const bool alone : {false, true})  // what can't be sent stays, for lose()
    std::erase_if(batch_, [&](Call* call) { return call->alone == alone && send(*call); });
  if (unsynced_) send_sync();
  if (dropped_.empty()) push();
}

// Whether an answer is due now.
bool Connection::send(Call& call) {
  if (call.alone && unsynced_) send_sync();
  if (!dropped_.empty() || !send_run(call)) return false;
  unsynced_ = true;
  if (call.alone) send_sync();
  return true;
}

bool Connection::send_run(Call& call) {
  auto found = statements_.find(call.sql);
  if (found == statements_.end()) found = statements_.emplace(call.sql, Statement{}).first;
  auto& [sql, statement] = *found;
  if (!statement.prepared) {
    statement.name = "s" + std::to_string(++statements_made_);  // never one that the server may still have
    if (PQsendPrepare(libpq_.get(), statement.name.c_str(), sql.c_str(), 0, nullptr) == 0) return cannot_send();
    owed_.push_back({Owed::What::prepare, nullptr, &statement});
    statement.prepared = true;
  }
  const auto wire = call.parameters.wire();
  if (PQsendQueryPrepared(libpq_.get(), statement.name.c_str(), static_cast<int>(call.parameters.size()),
                          wire.values.data(), wire.lengths.data(), wire.formats.data(), 0) == 0) {
    return cannot_send();
  }
  owed_.push_back({Owed::What::run, &call, &statement});
  return true;
}

void Connection::send_sync() {
#ifdef LIBPQ_HAS_SEND_PIPELINE_SYNC
  const bool sent = PQsendPipelineSync(libpq_.get()) == 1;
#else
  const bool sent = PQpipelineSync(libpq_.get()) == 1;
#endif
  unsynced_ = false;
  owed_.push_back({Owed::What::sync});
  if (!sent) cannot_send();
}

bool Connection::cannot_send() {
  drop(libpq_says());
  return false;
}

// Sends what libpq still holds, now and whenever the kernel takes more. Answers are read meanwhile, by serve(): a
// server whose answers nobody reads stops reading, too.
void Connection::push() {
  const int unsent = PQflush(libpq_.get());
  if (unsent < 0) cannot_send();
  const bool waiting = std::exchange(write_blocked_, unsent > 0);
  if (!write_blocked_ || waiting) return;
  const auto resume = [this, keep = owner_.keep(), epoch = epoch_](const boost::system::error_code& error) {
    if (error || epoch != epoch_ || !write_blocked_) return;  // the connection was lost meanwhile
    write_blocked_ = false;
    push();
    owner_.turn_over();
  };
  socket_.async_wait(Socket::wait_write, resume);
}

// ---- answers ----

void Connection::read_answers() {
  while (!owed_.empty() && PQisBusy(libpq_.get()) == 0) {
    ResultPtr result(PQgetResult(libpq_.get()));
    if (!result) {
      if (!finish_head()) return;
      continue;
    }
    const auto status = PQresultStatus(result.get());
    const bool from_server =
        status != PGRES_FATAL_ERROR || PQresultErrorField(result.get(), PG_DIAG_SQLSTATE) != nullptr;
    if (!from_server) return;  // libpq's own: the connection is lost
    answered_ = true;
    owed_.front().result = std::move(result);
    // Behind the answer to a Sync there is no null, as there is behind every other.
    if (status == PGRES_PIPELINE_SYNC) finish_head();
  }
}

// The head's answer is whole; false when nothing of it has come.
bool Connection::finish_head() {
  if (!owed_.front().result) return false;
  if (owed_.front().what == Owed::What::sync) {
    finish_sync(owed_.front());
    const bool done = PQresultStatus(owed_.front().result.get()) == PGRES_PIPELINE_SYNC;
    owed_.front().result.reset();
    if (done) owed_.pop_front();
    return true;
  }
  Owed head = std::move(owed_.front());
  owed_.pop_front();
  if (head.what == Owed::What::prepare) {
    finish_prepare(head);
  } else {
    finish_run(std::move(head));
  }
  return true;
}

void Connection::finish_prepare(const Owed& owed) {
  const auto status = PQresultStatus(owed.result.get());
  if (status == PGRES_COMMAND_OK) return;
  owed.statement->prepared = false;
  if (status == PGRES_PIPELINE_ABORTED) return;
  SqlError error = to_error(*owed.result);
  if (is_fatal(*owed.result)) return drop(error.message);
  prepare_failure_.emplace(PrepareFailure{owed.statement, std::move(error)});
}

void Connection::finish_run(Owed owed) {
  const bool success = is_success(PQresultStatus(owed.result.get()));
  if (!success && is_stale(*owed.result)) owed.statement->prepared = false;
  if (owed.call == nullptr) return;
  if (!success) {
    refuse(*owed.call, *owed.statement, *owed.result);
  } else if (owed.call->kind == Call::Kind::read) {
    answer(*owed.call, Rows(std::move(owed.result)));
  } else {
    uncommitted_ = owed.call;
    uncommitted_rows_ = std::move(owed.result);
  }
}

void Connection::refuse(Call& call, Statement& statement, const pg_result& result) {
  if (PQresultStatus(&result) == PGRES_PIPELINE_ABORTED) {
    if (prepare_failure_ && prepare_failure_->statement == &statement) return answer(call, prepare_failure_->error);
    call.alone = true;
    return owner_.not_done(call);
  }
  if (is_stale(result) && call.repeats_left-- > 0) {
    call.alone = true;
    return owner_.not_done(call);
  }
  SqlError error = to_error(result);
  if (is_fatal(result)) {
    drop(error.message);
    if (call.kind == Call::Kind::read && call.repeats_left-- > 0) return owner_.not_done(call);
  }
  // COMMIT commits before it is answered; any other statement only at its Sync, which was not reached.
  if (call.kind == Call::Kind::commit && is_fatal(result)) error.kind = Failure::unknown_outcome;
  answer(call, std::move(error));
}

// The server has committed; or it says why it could not, and answers the Sync after that.
void Connection::finish_sync(const Owed& owed) {
  prepare_failure_.reset();
  ResultPtr rows = std::move(uncommitted_rows_);
  Call* const call = std::exchange(uncommitted_, nullptr);
  if (call == nullptr) return;
  if (PQresultStatus(owed.result.get()) == PGRES_PIPELINE_SYNC) return answer(*call, Rows(std::move(rows)));
  SqlError error = to_error(*owed.result);
  if (is_fatal(*owed.result)) error.kind = Failure::unknown_outcome;  // before the commit, or right after
  answer(*call, std::move(error));
}

void Connection::answer(Call& call, SqlResult<Rows> result) {
  call.answer.emplace(std::move(result));
  owner_.answered(call);
}

}  // namespace common::postgres
