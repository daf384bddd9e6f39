// One connection that blocks its thread: for what must be settled before the servers start.
//
// Throws std::runtime_error, in one line with the address and without the password.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/postgres/rows.h"
#include "common/postgres/sql_error.h"
#include "common/postgres/target.h"

struct pg_conn;

namespace common::postgres {

class Blocking {
 public:
  // Waits at most 10 s for the server, unless `url` says otherwise.
  explicit Blocking(const std::string& url);
  ~Blocking();
  Blocking(const Blocking&) = delete;
  Blocking& operator=(const Blocking&) = delete;

  std::string address() const { return target_.address(); }

  // One statement with its $1, $2, …; or, without parameters, several.
  Rows run(const std::string& sql, const std::vector<std::string>& parameters = {});
  // The first value of its answer; "" when there is none.
  std::string ask(const std::string& sql, const std::vector<std::string>& parameters = {});
  // The same, but what the server says against it is returned.
  std::optional<SqlError> try_run(const std::string& sql);

  [[noreturn]] void fail(const std::string& why) const;

 private:
  struct Finish {
    void operator()(pg_conn* connection) const noexcept;
  };
  ResultPtr execute(const std::string& sql, const std::vector<std::string>& parameters) const;
  std::optional<SqlError> error_of(const ResultPtr& result) const;

  const Target target_;
  const std::unique_ptr<pg_conn, Finish> connection_;
};

}  // namespace common::postgres
