#include "common/postgres/rows.h"

#include <charconv>
#include <stdexcept>

#include "common/postgres/libpq.h"
#include "common/text.h"

namespace common::postgres {
namespace {

std::int64_t to_integer(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) throw std::logic_error("the column is no integer");
  return value;
}

std::string field(const PGresult& result, int which) {
  const char* const text = PQresultErrorField(&result, which);
  return text == nullptr ? "" : text;
}

}  // namespace

void ClearResult::operator()(pg_result* result) const noexcept {
  PQclear(result);
}

Rows::Rows(ResultPtr result) : result_(std::move(result)), count_(PQntuples(result_.get())) {}

std::int64_t Rows::affected() const {
  const std::string_view digits = PQcmdTuples(result_.get());
  return digits.empty() ? 0 : to_integer(digits);
}

std::string_view Rows::command() const noexcept {
  return PQcmdStatus(result_.get());
}

void Rows::check_place(int column) const {
  if (row_ < 0 || row_ >= count_) throw std::logic_error("no row is current: next() first");
  if (column < 0 || column >= PQnfields(result_.get())) throw std::logic_error("the row has no such column");
}

bool Rows::is_null(int column) const {
  check_place(column);
  return PQgetisnull(result_.get(), row_, column) != 0;
}

std::string_view Rows::text(int column) const {
  if (is_null(column)) throw std::logic_error("the column is NULL");
  return {PQgetvalue(result_.get(), row_, column), static_cast<std::size_t>(PQgetlength(result_.get(), row_, column))};
}

std::int64_t Rows::integer(int column) const {
  return to_integer(text(column));
}

bool Rows::boolean(int column) const {
  const std::string_view value = text(column);
  if (value != "t" && value != "f") throw std::logic_error("the column is no boolean");
  return value == "t";
}

std::string Rows::bytes(int column) const {
  const std::string_view value = text(column);
  auto bytes =
      value.starts_with("\\x") ? hex_decode(value.substr(2)) : std::nullopt;  // bytea_output = hex, the default
  if (!bytes) throw std::logic_error("the column is no bytea");
  return *std::move(bytes);
}

SqlError to_error(const PGresult& result) {
  std::string code = field(result, PG_DIAG_SQLSTATE);
  std::string message = field(result, PG_DIAG_MESSAGE_PRIMARY) + " (SQLSTATE " + code + ")";
  const Failure kind = failure_of(code);
  return SqlError{{kind, std::move(message)}, std::move(code), field(result, PG_DIAG_CONSTRAINT_NAME)};
}

}  // namespace common::postgres
