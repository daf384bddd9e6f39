// Users in SQLite: one B-tree by id, so that a page of an audience is one walk. Thread-safe.

#pragma once

#include "notifier/store_sqlite.h"
#include "notifier/user_store.h"

namespace notifier {

class UserStoreSqlite final : public UserStore {
 public:
  explicit UserStoreSqlite(StoreSqlite& store) : store_(store) {}

  common::Task<common::Result<void>> put(std::vector<User> users) override;
  common::Task<common::Result<std::vector<std::optional<KnownUser>>>> find(std::vector<std::string> ids) override;
  common::Task<common::Result<void>> set_preferences(std::string id, Preferences preferences) override;
  common::Task<common::Result<void>> unsubscribe(std::string id, std::string category, Channel channel) override;
  common::Task<common::Result<void>> suppress(Channel channel, std::string address, std::string reason) override;
  common::Task<common::Result<std::vector<std::string>>> page(const Audience& audience, std::string after,
                                                              std::size_t limit) override;
  common::Task<common::Result<std::int64_t>> count(const Audience& audience) override;

 private:
  StoreSqlite& store_;
};

}  // namespace notifier
