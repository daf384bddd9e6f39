#include "common/postgres/blocking.h"

#include <stdexcept>

#include "common/postgres/libpq.h"

namespace common::postgres {
namespace {

PGconn* connect(const std::string& url) {
  // The URL comes second, and what it says wins.
  const char* const keywords[] = {"connect_timeout", "fallback_application_name", "dbname", nullptr};
  const char* const values[] = {"10", application_name, url.c_str(), nullptr};
  return PQconnectdbParams(keywords, values, 1);
}

}  // namespace

void Blocking::Finish::operator()(pg_conn* connection) const noexcept {
  PQfinish(connection);
}

Blocking::Blocking(const std::string& url) : target_(url), connection_(connect(url)) {
  if (!connection_ || PQstatus(connection_.get()) != CONNECTION_OK) {
    fail(target_.printable(PQerrorMessage(connection_.get())));
  }
  PQsetNoticeReceiver(
      connection_.get(), [](void*, const PGresult*) {}, nullptr);
  run("SET statement_timeout = 0");  // the role's own is for small statements
}

Blocking::~Blocking() = default;

Rows Blocking::run(const std::string& sql, const std::vector<std::string>& parameters) {
  ResultPtr result = execute(sql, parameters);
  if (const auto error = error_of(result)) fail(error->message);
  return Rows(std::move(result));
}

std::string Blocking::ask(const std::string& sql, const std::vector<std::string>& parameters) {
  Rows rows = run(sql, parameters);
  return rows.next() && !rows.is_null(0) ? std::string(rows.text(0)) : "";
}

std::optional<SqlError> Blocking::try_run(const std::string& sql) {
  return error_of(execute(sql, {}));
}

void Blocking::fail(const std::string& why) const {
  throw std::runtime_error(target_.address() + ": " + why);
}

ResultPtr Blocking::execute(const std::string& sql, const std::vector<std::string>& parameters) const {
  if (parameters.empty()) return ResultPtr(PQexec(connection_.get(), sql.c_str()));
  std::vector<const char*> values;
  for (const auto& parameter : parameters)
    values.push_back(parameter.c_str());
  return ResultPtr(PQexecParams(connection_.get(), sql.c_str(), static_cast<int>(values.size()), nullptr, values.data(),
                                nullptr, nullptr, 0));
}

std::optional<SqlError> Blocking::error_of(const ResultPtr& result) const {
  const auto status = PQresultStatus(result.get());
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY) return std::nullopt;
  if (PQresultErrorField(result.get(), PG_DIAG_SQLSTATE) != nullptr) return to_error(*result);
  return SqlError{{Failure::unavailable, target_.printable(PQerrorMessage(connection_.get()))}};
}

}  // namespace common::postgres
