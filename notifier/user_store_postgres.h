// Users in PostgreSQL: a group of them is one statement for each table. Thread-safe.

#pragma once

#include "notifier/store_postgres.h"
#include "notifier/user_store.h"

namespace notifier {

class UserStorePostgres final : public UserStore {
 public:
  explicit UserStorePostgres(StorePostgres& store) : store_(store) {}

  common::Task<common::Result<void>> put(std::vector<User> users) override;
  common::Task<common::Result<std::vector<std::optional<KnownUser>>>> find(std::vector<std::string> ids) override;
  common::Task<common::Result<void>> set_preferences(std::string id, Preferences preferences) override;
  common::Task<common::Result<void>> unsubscribe(std::string id, std::string category, Channel channel) override;
  common::Task<common::Result<void>> suppress(Channel channel, std::string address, std::string reason) override;
  common::Task<common::Result<std::vector<std::string>>> page(const Audience& audience, std::string after,
                                                              std::size_t limit) override;
  common::Task<common::Result<std::int64_t>> count(const Audience& audience) override;

 private:
  StorePostgres& store_;
};

}  // namespace notifier
