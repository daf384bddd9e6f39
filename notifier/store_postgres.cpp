#include "notifier/store_postgres.h"

#include <array>
#include <stdexcept>

#include "common/postgres/blocking.h"
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

std::string read_secret(const std::string& url) {
  const std::string secret =
      common::postgres::Blocking(url).ask("SELECT value FROM secrets WHERE name = 'unsubscribe'");
  if (secret.empty()) throw std::runtime_error("PostgreSQL: the unsubscribe secret cannot be read");
  return secret;
}

}  // namespace

StorePostgres::StorePostgres(common::Runtime& runtime, const std::string& url)
    : pool_(runtime, up_to_date(url)), unsubscribe_secret_(read_secret(url)) {}

}  // namespace notifier
