#include "notifier/store_postgres.h"

#include <libpq-fe.h>

#include <array>
#include <memory>
#include <stdexcept>

#include "common/postgres/migrate.h"
#include "embedded/notifier_postgres_0001.h"

namespace notifier {
namespace {

common::postgres::Options up_to_date(const std::string& url) {
  using common::postgres::Migration;
  const std::array migrations{Migration{1, embedded::notifier_postgres_0001}};
  common::postgres::migrate(url, migrations);
  common::postgres::Options options;
  options.url = url;
  options.deadline = std::chrono::seconds{20};  // a batch of a thousand rows may stand behind others
  return options;
}

// Blocking: before the threads run.
std::string read_secret(const std::string& url) {
  const std::unique_ptr<PGconn, void (*)(PGconn*)> connection(PQconnectdb(url.c_str()), PQfinish);
  const std::unique_ptr<PGresult, void (*)(PGresult*)> result(
      PQexec(connection.get(), "SELECT value FROM secrets WHERE name = 'unsubscribe'"), PQclear);
  if (PQntuples(result.get()) != 1) throw std::runtime_error("PostgreSQL: the unsubscribe secret cannot be read");
  return PQgetvalue(result.get(), 0, 0);
}

}  // namespace

StorePostgres::StorePostgres(common::Runtime& runtime, const std::string& url)
    : pool_(runtime, up_to_date(url)), unsubscribe_secret_(read_secret(url)) {}

}  // namespace notifier
