#include "notifier/inbox_store.h"

#include <thread>

#include "tests/notifier/stores_under_test.h"

using namespace notifier;

namespace {

InboxItem item(const std::string& user, NotificationId notification) {
  return {.user = user, .notification = notification, .category = "news", .title = "T", .body = "B", .at = noon};
}

std::vector<NotificationId> ids(const std::vector<InboxItem>& items) {
  std::vector<NotificationId> all;
  for (const auto& each : items)
    all.push_back(each.notification);
  return all;
}

}  // namespace

TEST_CASE("an inbox has each notification once, newest first, and tells what is new") {
  FOR_EACH_KIND(stores);
  done(stores.one.inbox->add({item("ada", 1), item("bob", 1), item("ada", 2)}));
  done(stores.two.inbox->add({item("ada", 2), item("ada", 3)}));
  const auto all = done(stores.one.inbox->list("ada", 10, 0));
  CHECK(ids(all) == std::vector<NotificationId>{3, 2, 1});
  CHECK(ids(done(stores.one.inbox->list("ada", 2, 0))) == std::vector<NotificationId>{3, 2});
  CHECK(ids(done(stores.one.inbox->list("ada", 2, all[1].id))) == std::vector<NotificationId>{1});
  CHECK(ids(done(stores.one.inbox->since("ada", 10, all[2].id))) == std::vector<NotificationId>{2, 3});
  CHECK(done(stores.one.inbox->since("ada", 10, all[0].id)).empty());
  CHECK(done(stores.one.inbox->list("cyd", 10, 0)).empty());
}

TEST_CASE("who follows an inbox misses nothing that two workers add at once") {
  FOR_EACH_KIND(stores);
  constexpr NotificationId each = 150;
  const auto add = [&](StoresOfOne& store, NotificationId first) {
    for (NotificationId id = first; id < first + each; ++id)
      done(store.inbox->add({item("ada", id)}));
  };
  std::thread one([&] { add(stores.one, 1); });
  std::thread two([&] { add(stores.two, 1001); });
  std::size_t seen = 0;
  std::int64_t last = 0;
  for (int look = 0; look < 100'000 && seen < 2 * each; ++look) {
    const auto fresh = done(stores.two.inbox->since("ada", 10, last));
    seen += fresh.size();
    if (!fresh.empty()) last = fresh.back().id;
    if (fresh.empty() && look > 1000 && done(stores.two.inbox->list("ada", 2 * each, 0)).size() == 2 * each) break;
  }
  one.join();
  two.join();
  for (auto rest = done(stores.two.inbox->since("ada", 10, last)); !rest.empty();
       rest = done(stores.two.inbox->since("ada", 10, last))) {
    seen += rest.size();
    last = rest.back().id;
  }
  CHECK(seen == 2 * each);
}
