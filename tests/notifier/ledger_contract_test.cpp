// The five promises of ledger.h, on every engine.

#include "notifier/ledger.h"

#include "tests/notifier/stores_under_test.h"

using namespace notifier;
using namespace std::chrono_literals;

namespace {

constexpr int partition = 3;

Proposal attempt_for(const std::string& user, NotificationId notification = 1, Channel channel = Channel::push) {
  return {.id = {notification, user, channel}, .with_history = true};
}

Proposal broadcast_row(const std::string& user, State state = State::attempting) {
  return {.id = {1, user, Channel::push}, .state = state, .in_broadcast = true};
}

Finish finish_of(const std::string& user, State state, std::uint32_t attempt = 1) {
  Finish finish{.id = {1, user, Channel::push}, .attempt = attempt, .decision = {state}, .with_history = true};
  if (state == State::retrying) finish.decision.next_at = noon + 1min;
  return finish;
}

std::vector<std::uint32_t> begin(StoresOfOne& stores, const Claim& claim, std::int64_t next,
                                 std::vector<Proposal> proposals, common::TimePoint now = noon) {
  const auto begun = done(stores.ledger->begin({partition, claim.generation, next}, std::move(proposals), now));
  REQUIRE_FALSE(begun.fenced);
  return begun.attempts;
}

State state_of(StoresOfOne& stores, NotificationId notification = 1) {
  return done(stores.ledger->rows(notification)).at(0).state;
}

}  // namespace

TEST_CASE("a message that comes again begins nothing again, in whatever state its row is") {
  FOR_EACH_KIND(stores);
  const auto claim = done(stores.one.ledger->claim(partition));
  CHECK(claim.next_offset == 0);
  CHECK(begin(stores.one, claim, 1, {attempt_for("ada")}) == std::vector<std::uint32_t>{1});
  CHECK(begin(stores.one, claim, 2, {attempt_for("ada")}) == std::vector<std::uint32_t>{0});
  CHECK(done(stores.one.ledger->finish({finish_of("ada", State::delivered)}, noon)) == 1);
  CHECK(begin(stores.one, claim, 3, {attempt_for("ada")}) == std::vector<std::uint32_t>{0});
  CHECK(state_of(stores.two) == State::delivered);
  CHECK(begin(stores.one, claim, 4, {attempt_for("bob"), attempt_for("ada"), attempt_for("ada", 2)}) ==
        std::vector<std::uint32_t>{1, 0, 1});
}

TEST_CASE("rows and offset are written together, and the next owner goes on from there") {
  FOR_EACH_KIND(stores);
  const auto first = done(stores.one.ledger->claim(partition));
  begin(stores.one, first, 5, {attempt_for("ada")});
  const auto second = done(stores.two.ledger->claim(partition));
  CHECK(second.next_offset == 5);
  CHECK(second.generation > first.generation);
  CHECK(done(stores.two.ledger->claim(partition + 1)).next_offset == 0);
}

TEST_CASE("a former owner begins nothing") {
  FOR_EACH_KIND(stores);
  const auto first = done(stores.one.ledger->claim(partition));
  const auto second = done(stores.two.ledger->claim(partition));
  const auto refused = done(stores.one.ledger->begin({partition, first.generation, 9}, {attempt_for("ada")}, noon));
  CHECK(refused.fenced);
  CHECK(refused.attempts == std::vector<std::uint32_t>{0});
  CHECK(done(stores.one.ledger->rows(1)).empty());
  CHECK(begin(stores.two, second, 1, {attempt_for("ada")}) == std::vector<std::uint32_t>{1});
}

TEST_CASE("what a dead owner left attempting is taken over, and tried again once") {
  FOR_EACH_KIND(stores);
  const auto first = done(stores.one.ledger->claim(partition));
  begin(stores.one, first, 2, {attempt_for("ada"), attempt_for("bob")});
  done(stores.one.ledger->finish({finish_of("bob", State::delivered)}, noon));
  const auto second = done(stores.two.ledger->claim(partition));
  REQUIRE(second.stranded.size() == 1);
  CHECK(second.stranded[0].id == DeliveryId{1, "ada", Channel::push});
  CHECK(second.stranded[0].attempt == 1);
  Proposal again = attempt_for("ada");
  again.stranded_attempt = 1;
  CHECK(begin(stores.two, second, 2, {again}) == std::vector<std::uint32_t>{2});
  CHECK(begin(stores.two, second, 2, {again}) == std::vector<std::uint32_t>{0});            // it shows attempt 2 now
  CHECK(done(stores.one.ledger->finish({finish_of("ada", State::failed, 1)}, noon)) == 0);  // the dead one wakes up
  CHECK(done(stores.two.ledger->finish({finish_of("ada", State::delivered, 2)}, noon)) == 1);
  const auto row = done(stores.one.ledger->rows(1)).at(0);
  std::vector<State> steps;
  for (const auto& step : row.history)
    steps.push_back(step.state);
  CHECK(steps == std::vector<State>{State::attempting, State::ambiguous, State::attempting, State::delivered});
}

TEST_CASE("a former owner that knows what happened may still say so, if nobody has tried again") {
  FOR_EACH_KIND(stores);
  const auto first = done(stores.one.ledger->claim(partition));
  begin(stores.one, first, 1, {attempt_for("ada")});
  const auto second = done(stores.two.ledger->claim(partition));
  CHECK(done(stores.one.ledger->finish({finish_of("ada", State::delivered)}, noon)) == 1);
  Proposal again = attempt_for("ada");
  again.stranded_attempt = second.stranded.at(0).attempt;
  CHECK(begin(stores.two, second, 1, {again}) == std::vector<std::uint32_t>{0});
}

TEST_CASE("a row that waits is begun when its time has come, not before") {
  FOR_EACH_KIND(stores);
  const auto claim = done(stores.one.ledger->claim(partition));
  begin(stores.one, claim, 1, {attempt_for("ada")});
  done(stores.one.ledger->finish({finish_of("ada", State::retrying)}, noon));
  CHECK(begin(stores.one, claim, 2, {attempt_for("ada")}, noon + 59s) == std::vector<std::uint32_t>{0});
  CHECK(begin(stores.one, claim, 3, {attempt_for("ada")}, noon + 60s) == std::vector<std::uint32_t>{2});
  Proposal deferred = attempt_for("bob");
  deferred.state = State::planned;
  deferred.next_at = noon + 1h;
  CHECK(begin(stores.one, claim, 4, {deferred}) == std::vector<std::uint32_t>{0});
  CHECK(begin(stores.one, claim, 5, {attempt_for("bob")}, noon + 1h) == std::vector<std::uint32_t>{1});
}

TEST_CASE("what is overdue is found once in a while, whoever lost its message") {
  FOR_EACH_KIND(stores);
  const auto claim = done(stores.one.ledger->claim(partition));
  begin(stores.one, claim, 1, {attempt_for("ada")});
  done(stores.one.ledger->finish({finish_of("ada", State::retrying)}, noon));  // due at noon + 60 s
  CHECK(done(stores.two.ledger->overdue(noon + 60s, noon + 70s, 10)).empty());
  CHECK(done(stores.two.ledger->overdue(noon + 61s, noon + 71s, 10)).size() == 1);
  CHECK(done(stores.one.ledger->overdue(noon + 62s, noon + 72s, 10)).empty());
  CHECK(begin(stores.one, claim, 2, {attempt_for("ada")}, noon + 72s) == std::vector<std::uint32_t>{2});
}

TEST_CASE("a broadcast's counts are those of its rows") {
  FOR_EACH_KIND(stores);
  const auto claim = done(stores.one.ledger->claim(partition));
  begin(stores.one, claim, 4,
        {broadcast_row("a"), broadcast_row("b"), broadcast_row("c", State::suppressed), broadcast_row("d")});
  begin(stores.one, claim, 4, {broadcast_row("a")});
  const auto outcome = [](const char* user, State state) {
    Finish finish = finish_of(user, state);
    finish.with_history = false;
    finish.in_broadcast = true;
    return finish;
  };
  done(stores.one.ledger->finish({outcome("a", State::delivered), outcome("b", State::failed)}, noon));
  done(stores.one.ledger->finish({outcome("a", State::delivered)}, noon));
  auto tally = done(stores.two.ledger->tally(1));
  CHECK(tally.of(State::delivered) == 1);
  CHECK(tally.of(State::failed) == 1);
  CHECK(tally.of(State::suppressed) == 1);
  CHECK(tally.of(State::attempting) == 1);
  CHECK(tally.repeated_in_doubt == 0);
  const auto second = done(stores.two.ledger->claim(partition));
  Proposal again = broadcast_row("d");
  again.stranded_attempt = 1;
  begin(stores.two, second, 4, {again});
  tally = done(stores.two.ledger->tally(1));
  CHECK(tally.of(State::attempting) == 1);
  CHECK(tally.repeated_in_doubt == 1);
}

TEST_CASE("what failed is a dead letter, and a person may have it tried again") {
  FOR_EACH_KIND(stores);
  done(stores.one.notifications->accept(notification_for("ada"), std::nullopt));
  const auto entries = done(stores.one.notifications->take(false, 10, noon, 10s));
  done(stores.one.notifications->done(entries));
  const auto claim = done(stores.one.ledger->claim(partition));
  begin(stores.one, claim, 1, {attempt_for("ada")});
  done(stores.one.ledger->finish({finish_of("ada", State::failed)}, noon));
  const auto letters = done(stores.two.ledger->dead_letters(10, std::nullopt));
  REQUIRE(letters.size() == 1);
  CHECK(letters[0].delivery == DeliveryId{1, "ada", Channel::push});
  CHECK(done(stores.two.ledger->dead_letters(10, letters[0].id)).empty());
  CHECK(done(stores.two.ledger->redrive(letters[0].id, noon)));
  CHECK_FALSE(done(stores.two.ledger->redrive(letters[0].id, noon)));
  CHECK(done(stores.one.ledger->dead_letters(10, std::nullopt)).empty());
  const auto entry = done(stores.one.notifications->take(false, 10, noon, 10s)).at(0);
  CHECK(entry.user == "ada");
  CHECK(entry.channels == only(Channel::push));
  CHECK(begin(stores.one, claim, 2, {attempt_for("ada")}, noon) == std::vector<std::uint32_t>{2});
}

TEST_CASE("a digest closes once, with everything that was collected, and ends all of it") {
  FOR_EACH_KIND(stores);
  const auto claim = done(stores.one.ledger->claim(partition));
  const DigestKey key{"ada", Channel::push, "news", noon + 10min};
  for (const NotificationId id : {1, 2}) {
    done(stores.one.notifications->accept(notification_for("ada", id), std::nullopt));
    Proposal item = attempt_for("ada", id);
    item.state = State::planned;
    item.digest = key;
    begin(stores.one, claim, id, {item});
    begin(stores.one, claim, id, {item});  // its message comes again
  }
  CHECK(done(stores.one.ledger->close_digests(noon + 9min, 10)) == 0);
  CHECK(done(stores.one.ledger->close_digests(noon + 10min, 10)) == 1);
  CHECK(done(stores.two.ledger->close_digests(noon + 11min, 10)) == 0);
  const auto digest = done(stores.two.notifications->find(digest_id(key))).value();
  CHECK(digest.title == "2 new: news");
  CHECK(done(stores.two.ledger->digest_items(digest.id)) == std::vector<NotificationId>{1, 2});

  // What comes for a closed window goes into one that follows.
  Proposal late = attempt_for("ada", 3);
  late.state = State::planned;
  late.digest = key;
  begin(stores.one, claim, 3, {late});
  CHECK(done(stores.two.ledger->digest_items(digest.id)).size() == 2);

  begin(stores.one, claim, 4, {attempt_for("ada", digest.id)});
  Finish delivered = finish_of("ada", State::delivered);
  delivered.id.notification = digest.id;
  done(stores.one.ledger->finish({delivered}, noon + 11min));
  CHECK(state_of(stores.two, 1) == State::delivered);
  CHECK(state_of(stores.two, 2) == State::delivered);
  CHECK(state_of(stores.two, 3) == State::planned);
}

TEST_CASE("a digest that is not sent, because its user has unsubscribed, ends what was collected for it") {
  FOR_EACH_KIND(stores);
  const auto claim = done(stores.one.ledger->claim(partition));
  const DigestKey key{"ada", Channel::push, "news", noon + 10min};
  done(stores.one.notifications->accept(broadcast_to({}), std::nullopt));
  Proposal item = attempt_for("ada", 1);
  item.state = State::planned;
  item.digest = key;
  item.in_broadcast = true;
  begin(stores.one, claim, 1, {item});
  CHECK(done(stores.one.ledger->close_digests(noon + 10min, 10)) == 1);
  Proposal digest = attempt_for("ada", digest_id(key));
  digest.state = State::suppressed;
  digest.reason = "preference";
  digest.with_history = true;
  begin(stores.one, claim, 2, {digest});
  CHECK(state_of(stores.two, 1) == State::suppressed);
  const auto tally = done(stores.two.ledger->tally(1));
  CHECK(tally.of(State::suppressed) == 1);
  CHECK(tally.of(State::planned) == 0);
}

TEST_CASE("what is cancelled after it was collected is not in the digest; a digest of nothing else is none") {
  FOR_EACH_KIND(stores);
  const auto claim = done(stores.one.ledger->claim(partition));
  const DigestKey both{"ada", Channel::push, "news", noon + 10min};
  const DigestKey alone{"bob", Channel::push, "news", noon + 10min};
  done(stores.one.notifications->accept(notification_for("ada", 1), std::nullopt));
  done(stores.one.notifications->accept(notification_for("ada", 2), std::nullopt));
  done(stores.one.notifications->accept(broadcast_to({}, 3), std::nullopt));
  const auto collect = [&](const std::string& user, NotificationId id, const DigestKey& key) {
    Proposal item = attempt_for(user, id);
    item.state = State::planned;
    item.digest = key;
    item.in_broadcast = id == 3;
    begin(stores.one, claim, id, {item});
  };
  collect("ada", 1, both);
  collect("ada", 2, both);
  collect("bob", 3, alone);
  CHECK(done(stores.two.notifications->cancel(1, noon)));
  CHECK(done(stores.two.notifications->cancel(3, noon)));
  CHECK(done(stores.one.ledger->close_digests(noon + 10min, 10)) == 2);
  CHECK(done(stores.two.notifications->find(digest_id(both))).value().title == "Title");
  CHECK(done(stores.two.ledger->digest_items(digest_id(both))) == std::vector<NotificationId>{2});
  CHECK_FALSE(done(stores.two.notifications->find(digest_id(alone))));
  CHECK(state_of(stores.two, 1) == State::cancelled);
  CHECK(done(stores.two.ledger->tally(3)).of(State::cancelled) == 1);
}

TEST_CASE("all workers together stay within a quota") {
  FOR_EACH_KIND(stores);
  const auto quota = quotas_under_test.at(Channel::push);
  std::int64_t granted = 0;
  for (auto now = noon; now < noon + 1min; now += 100ms) {
    for (auto* each : {&stores.one, &stores.two}) {
      const auto wait = done(each->ledger->take_quota(Channel::push, quota.chunk(), true, now));
      if (wait.count() == 0) granted += quota.chunk();
    }
  }
  CHECK(granted <= quota.count);
  CHECK(granted >= quota.count * 9 / 10);
  CHECK(done(stores.one.ledger->take_quota(Channel::email, 1'000'000, false, noon)).count() == 0);
}
