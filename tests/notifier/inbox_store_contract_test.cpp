#include "notifier/inbox_store.h"

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
