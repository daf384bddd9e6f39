#include "notifier/notification_store.h"

#include "tests/notifier/stores_under_test.h"

using namespace notifier;
using namespace std::chrono_literals;

namespace {

constexpr auto lease = 10s;

IdempotentAnswer answer(const std::string& hash = "h") {
  return {.scope = "s", .key = "k", .request_hash = hash, .status = 202, .headers = "Location: x\r\n", .body = "{}"};
}

std::vector<OutboxEntry> take(StoresOfOne& stores, common::TimePoint now, bool broadcasts = false) {
  return done(stores.notifications->take(broadcasts, 10, now, lease));
}

}  // namespace

TEST_CASE("what was accepted is there, whole, with its outbox entry") {
  FOR_EACH_KIND(stores);
  Notification n = notification_for("ada", 7);
  n.priority = Priority::critical;
  n.expires_at = noon + 1h;
  n.collapse_key = "c";
  n.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  CHECK(std::holds_alternative<Accepted>(done(stores.one.notifications->accept(n, std::nullopt))));
  const auto found = done(stores.two.notifications->find(7)).value();
  CHECK(found.audience == n.audience);
  CHECK(found.title == n.title);
  CHECK(found.channels == n.channels);
  CHECK(found.priority == n.priority);
  CHECK(found.expires_at == n.expires_at);
  CHECK(found.collapse_key == n.collapse_key);
  CHECK(found.traceparent == n.traceparent);
  CHECK_FALSE(found.cancelled);
  CHECK_FALSE(done(stores.two.notifications->find(8)));
  const auto entries = take(stores.two, noon);
  REQUIRE(entries.size() == 1);
  CHECK(entries[0].notification == 7);
}

TEST_CASE("a request that comes twice is one notification, and another one with its key is refused") {
  FOR_EACH_KIND(stores);
  done(stores.one.notifications->accept(notification_for("ada", 7), answer()));
  const auto again = done(stores.two.notifications->accept(notification_for("ada", 8), answer()));
  REQUIRE(std::holds_alternative<Replayed>(again));
  CHECK(std::get<Replayed>(again).answer.body == "{}");
  CHECK(std::holds_alternative<KeyReused>(
      done(stores.two.notifications->accept(notification_for("ada", 9), answer("other")))));
  CHECK_FALSE(done(stores.one.notifications->find(8)));
  CHECK(take(stores.one, noon).size() == 1);
  CHECK(done(stores.one.notifications->find_answer("s", "k", noon)));
  CHECK_FALSE(done(stores.one.notifications->find_answer("s", "k", noon + 25h)));
}

TEST_CASE("an entry is had by one at a time, by another when the first is gone, and by nobody when it is done") {
  FOR_EACH_KIND(stores);
  done(stores.one.notifications->accept(notification_for("ada"), std::nullopt));
  const auto first = take(stores.one, noon);
  REQUIRE(first.size() == 1);
  CHECK(take(stores.two, noon + 9s).empty());
  const auto second = take(stores.two, noon + 10s);
  REQUIRE(second.size() == 1);
  done(stores.one.notifications->done(first));  // too late: it is another's
  CHECK(take(stores.one, noon + 20s).size() == 1);
  done(stores.two.notifications->done(take(stores.two, noon + 30s)));
  CHECK(take(stores.one, noon + 1h).empty());
}

TEST_CASE("what is put back is had again when its time has come; what is not due is not had") {
  FOR_EACH_KIND(stores);
  Notification later = notification_for("ada");
  later.due_at = noon + 1min;
  done(stores.one.notifications->accept(later, std::nullopt));
  CHECK(take(stores.one, noon + 59s).empty());
  const auto entries = take(stores.one, noon + 1min);
  REQUIRE(entries.size() == 1);
  done(stores.one.notifications->put_back(entries, noon + 61s));
  CHECK(take(stores.one, noon + 60s).empty());
  CHECK(take(stores.one, noon + 61s).size() == 1);
}

TEST_CASE("a broadcast's plan is kept page by page, and only by who has it") {
  FOR_EACH_KIND(stores);
  done(stores.one.notifications->accept(broadcast_to({.type = Audience::Type::all, .name = {}, .users = {}}, 7),
                                        std::nullopt));
  CHECK(take(stores.one, noon).empty());
  const auto entry = take(stores.one, noon, true).at(0);
  done(stores.one.notifications->begin_plan(7, 3));
  CHECK(done(stores.one.notifications->checkpoint(entry, "b", 4, false, noon + lease)));
  auto plan = done(stores.two.notifications->plan(7)).value();
  CHECK(plan.audience == 3);
  CHECK(plan.planned == 4);
  CHECK_FALSE(plan.complete);

  const auto taken_over = take(stores.two, noon + lease, true).at(0);
  CHECK(taken_over.cursor == "b");
  CHECK_FALSE(done(stores.one.notifications->checkpoint(entry, "c", 2, true, noon + lease)));
  CHECK(done(stores.two.notifications->checkpoint(taken_over, "c", 2, true, noon + lease)));
  plan = done(stores.one.notifications->plan(7)).value();
  CHECK(plan.planned == 6);
  CHECK(plan.complete);
  CHECK(take(stores.one, noon + 1h, true).empty());
  CHECK_FALSE(done(stores.one.notifications->plan(8)));
}

TEST_CASE("what is cancelled before it started never starts") {
  FOR_EACH_KIND(stores);
  done(stores.one.notifications->accept(notification_for("ada", 7), std::nullopt));
  CHECK(done(stores.two.notifications->cancel(7, noon)));
  CHECK_FALSE(done(stores.two.notifications->cancel(8, noon)));
  CHECK(done(stores.one.notifications->find(7))->cancelled);
  CHECK(take(stores.one, noon).empty());
  const auto rows = done(stores.one.ledger->rows(7));
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].state == State::cancelled);
  CHECK(rows[1].state == State::cancelled);
}

TEST_CASE("of one user's notifications with one collapse key only the newest is not superseded") {
  FOR_EACH_KIND(stores);
  for (const NotificationId id : {1, 2, 3}) {
    Notification n = notification_for("ada", id);
    n.collapse_key = id == 3 ? "other" : "same";
    done(stores.one.notifications->accept(n, std::nullopt));
  }
  Notification bobs = notification_for("bob", 4);
  bobs.collapse_key = "same";
  done(stores.one.notifications->accept(bobs, std::nullopt));
  CHECK(done(stores.two.notifications->superseded({1, 2, 3, 4})) == std::vector<NotificationId>{1});
  done(stores.one.notifications->cancel(2, noon));
  CHECK(done(stores.two.notifications->superseded({1, 2})).empty());
}
