#include "notifier/stores.h"

#include "notifier/inbox_store_postgres.h"
#include "notifier/inbox_store_sqlite.h"
#include "notifier/ledger_postgres.h"
#include "notifier/ledger_sqlite.h"
#include "notifier/notification_store_postgres.h"
#include "notifier/notification_store_sqlite.h"
#include "notifier/queue_kafka.h"
#include "notifier/queue_sqlite.h"
#include "notifier/user_store_postgres.h"
#include "notifier/user_store_sqlite.h"

namespace notifier {
namespace {

common::Task<> close(std::shared_ptr<StoreSqlite> database) {
  database->stop();
  co_return;
}

void open_sqlite(const Config& config, common::Runtime& runtime, Stores& stores) {
  const auto database = std::make_shared<StoreSqlite>(config.server.data);
  runtime.on_shut_down("close the database", [database] { return close(database); });
  stores.shared = database;
  stores.users = std::make_unique<UserStoreSqlite>(*database);
  stores.notifications = std::make_unique<NotificationStoreSqlite>(*database);
  stores.ledger = std::make_unique<LedgerSqlite>(*database, config.quotas);
  stores.inbox = std::make_unique<InboxStoreSqlite>(*database);
  stores.unsubscribe_secret = database->secret("unsubscribe");
  stores.trouble = [database] { return database->writer().trouble(); };
}

common::Task<> close_postgres(std::shared_ptr<StorePostgres> database) {
  co_await database->stop();
}

void open_postgres(const Config& config, common::Runtime& runtime, Stores& stores) {
  const auto database = std::make_shared<StorePostgres>(runtime, config.store);
  runtime.on_shut_down("close the database", [database] { return close_postgres(database); });
  stores.shared = database;
  stores.users = std::make_unique<UserStorePostgres>(*database);
  stores.notifications = std::make_unique<NotificationStorePostgres>(*database);
  stores.ledger = std::make_unique<LedgerPostgres>(*database, config.quotas);
  stores.inbox = std::make_unique<InboxStorePostgres>(*database);
  stores.unsubscribe_secret = database->unsubscribe_secret();
  stores.trouble = [database] { return database->pool().trouble(); };
}

// kafka://host:port,…/prefix
void open_queue(const Config& config, common::Runtime& runtime, const common::Clock& clock, Stores& stores) {
  if (config.queue == "sqlite") {
    stores.queue = std::make_unique<QueueSqlite>(config.server.data, clock);
    return;
  }
  const auto [brokers, prefix] = split_kafka_url(config.queue);
  auto kafka = std::make_unique<QueueKafka>(runtime.executor(),
                                            QueueKafka::Options{.brokers = brokers, .prefix = prefix}, clock);
  common::spawn(runtime.executor(), "topics", kafka->prepare());
  stores.queue = std::move(kafka);
}

}  // namespace

Stores open_stores(const Config& config, common::Runtime& runtime, const common::Clock& clock) {
  Stores stores;
  config.store == "sqlite" ? open_sqlite(config, runtime, stores) : open_postgres(config, runtime, stores);
  open_queue(config, runtime, clock, stores);
  runtime.on_shut_down("close the queue", [queue = stores.queue.get()] { return queue->stop(); });
  return stores;
}

}  // namespace notifier
