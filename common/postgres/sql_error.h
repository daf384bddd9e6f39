// What PostgreSQL said when a statement failed: an Error, with the server's own code beside it.
//
//   const auto inserted = co_await pool.write("INSERT INTO links …", …);
//   if (inserted.has_error() && inserted.error().is(sqlstate::unique_violation)) …
//
// A SqlResult turns into the Result<T> of common/result.h by itself: a caller that only passes failures on need not
// know this type. Messages hold what the server said in its one line; never its DETAIL, which quotes rows.

#pragma once

#include <boost/system/result.hpp>
#include <string>
#include <string_view>

#include "common/result.h"

namespace common::postgres {

// The codes that callers ask for. All of them: PostgreSQL's manual, appendix A.
namespace sqlstate {
inline constexpr std::string_view not_null_violation = "23502";
inline constexpr std::string_view foreign_key_violation = "23503";
inline constexpr std::string_view unique_violation = "23505";
inline constexpr std::string_view check_violation = "23514";
inline constexpr std::string_view serialization_failure = "40001";
inline constexpr std::string_view deadlock_detected = "40P01";
inline constexpr std::string_view undefined_table = "42P01";
}  // namespace sqlstate

struct SqlError : Error {
  std::string code = {};        // SQLSTATE, five characters; empty: the failure is not the server's
  std::string constraint = {};  // the name of the constraint that was violated

  bool is(std::string_view sqlstate) const noexcept { return code == sqlstate; }
};

template <class T = void>
using SqlResult = boost::system::result<T, SqlError>;

// What a statement's SQLSTATE means to its caller. The server rolled the statement back, so none of these is
// unknown_outcome, but for 40003, with which the server itself says that it does not know.
//
//   unavailable  08 connection, 53 out of something, 57P shutting down, 40 serialization failure or deadlock,
//                55P03 lock not available, 25006 this is a standby: may well work later, or elsewhere
//   timed_out    57014 the server's own statement_timeout
//   invalid      22 not a value of that type, 23 a constraint says no
//   internal     everything else: the SQL is wrong, or the schema; 08P01 too, such as a parameter too few
Failure failure_of(std::string_view code) noexcept;

}  // namespace common::postgres
