// What the tests of common/postgres share: a schema of one's own, a plain connection beside the pool, and coroutines
// that run together.

#pragma once

#include <libpq-fe.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "common/postgres/pool.h"
#include "common/runtime/runtime.h"
#include "tests/support/catch.h"

namespace testing {

using namespace std::chrono_literals;

// A blocking connection, independent of what is tested. Throws what goes wrong.
class PlainPostgres {
 public:
  explicit PlainPostgres(const std::string& url) : connection_(PQconnectdb(url.c_str()), PQfinish) {
    PQsetNoticeReceiver(
        connection_.get(), [](void*, const PGresult*) {}, nullptr);
    if (PQstatus(connection_.get()) != CONNECTION_OK) throw std::runtime_error(PQerrorMessage(connection_.get()));
  }

  // The first value of what `sql` answers; "" when there is none.
  std::string ask(const std::string& sql) {
    const std::unique_ptr<PGresult, void (*)(PGresult*)> result(PQexec(connection_.get(), sql.c_str()), PQclear);
    const auto status = PQresultStatus(result.get());
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
      throw std::runtime_error(sql + ": " + PQerrorMessage(connection_.get()));
    }
    return PQntuples(result.get()) > 0 ? PQgetvalue(result.get(), 0, 0) : "";
  }

 private:
  std::unique_ptr<PGconn, void (*)(PGconn*)> connection_;
};

// A schema of one's own in the private server, gone at the end. Tests run side by side.
class Schema {
 public:
  explicit Schema(const std::string& server);
  ~Schema() { plain_.ask("DROP SCHEMA " + name_ + " CASCADE"); }
  Schema(const Schema&) = delete;
  Schema& operator=(const Schema&) = delete;

  std::string ask(const std::string& sql) { return plain_.ask(sql); }
  // For a pool, whose sessions carry this schema's name. `port`: another than the server's, such as a proxy's.
  std::string url(std::uint16_t port = 0) const;
  std::uint16_t server_port() const;
  // How many sessions this schema's pools have.
  int sessions();
  // Ends all sessions of this schema's pools, as a restart would; answers how many there were.
  int end_sessions();

 private:
  std::string server_;
  std::string name_;
  PlainPostgres plain_;
};

// The private server's, or none, said aloud.
std::unique_ptr<Schema> new_schema();

// Runs `body(pool)` on a Runtime of one thread, stops the pool, and rethrows what the body threw.
void with_pool(common::postgres::Options options, const std::function<common::Task<>(common::postgres::Pool&)>& body);

// Starts all on the caller's thread and waits for all; then the first exception among them is rethrown.
common::Task<> together(std::vector<common::Task<>> tasks);

// The value, or an exception that says why there is none.
template <class T, class E>
T expect(boost::system::result<T, E> result) {
  if (result.has_error()) {
    throw std::runtime_error(std::string(to_string(result.error().kind)) + ": " + result.error().message);
  }
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

}  // namespace testing
