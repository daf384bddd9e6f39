// What every write policy owes who writes: the change is made, and in quiet times whoever reads afterwards sees it.
// What they do under races: interleaver_test.cpp.

#include "cache_aside/make_write_policy.h"

#include "cache_aside/invalidation_log_memory.h"
#include "cache_aside/keys.h"
#include "cache_aside/row_write.h"
#include "cache_aside/stampede_none.h"
#include "cache_aside/user_store_memory.h"
#include "tests/cache_aside/under_test.h"

using namespace cache_aside;
using namespace std::chrono_literals;

namespace {

class Writing {
 public:
  explicit Writing(const std::string& name)
      : policy(make_write_policy(
            name, {cache, log, [this](common::Duration, common::Task<> task) { later.push_back(std::move(task)); },
                   [](const std::string&, const Written& written) {
                     Entry entry;
                     entry.version = written.version;
                     entry.value = written.value;
                     entry.fresh_until = entry.kept_until = never;
                     return entry;
                   }})),
        reads(cache, stampede, policy->guard(), clock, metrics, {}) {
    auto created = testing::run_task(users.create({0, "Ada", "a@b", 1}, std::nullopt, {false, clock.now()}));
    id = std::get<Stored<User>>(*created).row.id;
  }

  std::optional<std::string> read() {
    Load load = [this](std::uint64_t) -> common::Task<common::Result<std::optional<Row>>> {
      const auto user = co_await users.find(id, 0);
      std::optional<Row> row;
      if (*user) row = Row{(*user)->version, to_json(**user)};
      co_return row;
    };
    return testing::run_task(reads.read(user_key(id), 1h, std::move(load)))->entry.value;
  }
  EditOutcome<User> edit(std::string name, std::uint64_t version) {
    const UserEdit edit{std::move(name), std::nullopt};
    RowWrite<User> write(
        user_key(id), gate, false,
        [&](bool noted) {
          return users.edit(id, edit, version, {noted, clock.now()});
        },
        [&] { return users.enqueue(id, edit, version); });
    (void)testing::run_task(policy->write(write));
    auto outcome = write.take_outcome();
    return *outcome;
  }
  void remove() {
    RowWrite<User> write(user_key(id), gate, true, [&](bool noted) {
      return users.remove(id, std::nullopt, {noted, clock.now()});
    });
    (void)testing::run_task(policy->write(write));
  }
  void finish() {
    testing::run_tasks(std::move(later));
    later.clear();
    (void)testing::run_task(users.work_off(10));
  }

  common::ManualClock clock;
  common::Metrics registry;
  CacheMetrics metrics{registry};
  StoreGate gate{{}, registry};
  StoreMemory store;
  UserStoreMemory users{store};
  InvalidationLogMemory log{store};
  CacheLocal cache{clock, {}};
  StampedeNone stampede;
  std::vector<common::Task<>> later;
  std::unique_ptr<WritePolicy> policy;
  CacheAside reads;
  std::uint64_t id = 0;
};

}  // namespace

TEST_CASE("whatever the policy, who reads after a change sees it, and a refused change changes nothing") {
  for (const auto& choice : write_policy_choices()) {
    INFO(std::string(choice.name));
    Writing writing{std::string(choice.name)};
    CHECK(writing.read()->find("Ada") != std::string::npos);
    CHECK(std::get<Stored<User>>(writing.edit("Bea", 1)).row.version == 2);
    CHECK(writing.read()->find("Bea") != std::string::npos);
    CHECK(std::get<VersionMismatch>(writing.edit("Cleo", 1)).current == 2);
    CHECK(writing.read()->find("Bea") != std::string::npos);
    writing.finish();
    CHECK(writing.read()->find("Bea") != std::string::npos);
    CHECK(std::get<Stored<User>>(writing.edit("Dora", 2)).row.version == 3);
    writing.finish();
    CHECK(writing.read()->find("Dora") != std::string::npos);
    writing.remove();
    CHECK_FALSE(writing.read());
    writing.finish();
    CHECK_FALSE(writing.read());
  }
}

TEST_CASE("lease and versioned leave a row in the log until it is settled, the others none") {
  for (const auto& choice : write_policy_choices()) {
    INFO(std::string(choice.name));
    Writing writing{std::string(choice.name)};
    writing.edit("Bea", 1);
    const auto pending = testing::run_task(writing.log.pending(writing.clock.now() + 1s, 10));
    const bool logs = choice.name == "lease" || choice.name == "versioned";
    CHECK(pending->size() == (logs ? 1 : 0));
    writing.finish();
    CHECK(testing::run_task(writing.log.pending(writing.clock.now() + 1s, 10))->empty());
  }
}
