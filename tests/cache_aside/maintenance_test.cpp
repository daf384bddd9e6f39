// Housekeeping of several processes on one database, with the clock in the test's hand: what is heard, replayed, and
// forgotten, and what happens when that fails.

#include "tests/cache_aside/feed_under_test.h"

using namespace cache_aside;
using testing::FeedUnderTest;
using namespace std::chrono_literals;
using common::Task;
using testing::run_task;

namespace {

// Two processes that hear of each other by the log alone, a reader of one of them, and an author.
struct Two {
  StoreMemory database;
  common::ManualClock clock;
  FeedUnderTest here{database, clock};
  FeedUnderTest there{database, clock};
  std::uint64_t reader = here.user();
  std::uint64_t author = here.user();

  Two() {
    here.follow(reader, author);
    hear();
    there.post(author);
    hear();
    CHECK(here.count(reader) == 1);
    CHECK(here.source(reader) == Source::hit);
  }
  void hear() {
    run_task(here.maintenance.hear_once());
    run_task(there.maintenance.hear_once());
  }
};

}  // namespace

TEST_CASE("a post that is heard while the database fails is delivered later") {
  Two test;
  test.here.follows.fails = true;
  test.there.post(test.author);
  run_task(test.here.maintenance.hear_once());
  CHECK(test.here.count(test.reader) == 1);
  run_task(test.here.maintenance.hear_once());
  test.here.follows.fails = false;
  run_task(test.here.maintenance.hear_once());
  CHECK(test.here.count(test.reader) == 2);
}

TEST_CASE("nothing is kept before the log has been read, and nothing once it has not been read for too long") {
  Two test;
  FeedUnderTest third(test.database, test.clock);
  for (int i = 0; i < 2; ++i)
    CHECK(third.source(test.reader) == Source::miss);
  run_task(third.maintenance.hear_once());
  CHECK(third.source(test.reader) == Source::miss);
  CHECK(third.source(test.reader) == Source::hit);
  CHECK(third.times_lost == 1);

  third.log.fails = true;
  test.clock.advance(Maintenance::heard_within);
  run_task(third.maintenance.hear_once());
  CHECK(third.source(test.reader) == Source::hit);
  test.clock.advance(1s);
  third.maintenance.watch();
  CHECK(third.times_lost == 2);
  for (int i = 0; i < 2; ++i)
    CHECK(third.source(test.reader) == Source::miss);

  // What is posted meanwhile is forgotten by the log before it can be read again.
  test.there.post(test.author);
  test.clock.advance(Maintenance::settled_kept_for + 1s);
  run_task(test.there.maintenance.forget_once());
  CHECK(run_task(test.there.log.since(0, 10))->empty());
  third.log.fails = false;
  run_task(third.maintenance.hear_once());
  CHECK(third.count(test.reader) == 2);
  CHECK(third.source(test.reader) == Source::hit);
}

TEST_CASE("a process that was stopped for longer than the log is kept forgets what it had, and then serves what is") {
  Two test;
  test.there.post(test.author);
  test.clock.advance(Maintenance::settled_kept_for + 1s);
  run_task(test.there.maintenance.forget_once());
  run_task(test.here.maintenance.hear_once());
  CHECK(test.here.times_lost == 2);
  CHECK(test.here.count(test.reader) == 2);
}

TEST_CASE("a row that becomes visible after greater ones is heard, whatever time it says") {
  Two test;
  test.there.post(test.author);
  test.here.log.invisible = test.database.last_note;
  for (int i = 0; i < 3; ++i) {
    test.there.post(test.author);
    test.database.notes.rbegin()->second.at -= 1h;  // it waited, or its clock is late
    run_task(test.here.maintenance.hear_once());
    test.clock.advance(3s);
  }
  CHECK(test.here.times_lost == 1);
  test.here.log.invisible = 0;
  run_task(test.here.maintenance.hear_once());
  CHECK(test.here.count(test.reader) == 5);
}

TEST_CASE("what a process did not live to deliver is delivered by one replay, what is under way is left alone") {
  Two test;
  test.there.post_and_die(test.author);
  test.clock.advance(2s);
  run_task(test.here.maintenance.replay_once());
  CHECK(test.here.count(test.reader) == 2);
  CHECK(test.here.unsettled() == 0);
  CHECK(test.here.feed.deliveries().replayed() == 1);

  // A delivery of three seconds.
  const int asked = test.here.follows.followers_asked;
  test.there.follows.before_fame = [&]() -> Task<> {
    for (int i = 0; i < 6; ++i) {
      test.clock.advance(500ms);
      co_await test.there.maintenance.keep_claims();
      co_await test.there.maintenance.replay_once();
      co_await test.here.maintenance.replay_once();
    }
    CHECK(test.there.unsettled() == 1);
  };
  test.there.post(test.author);
  CHECK(test.there.unsettled() == 0);
  CHECK(test.here.follows.followers_asked == asked);
  CHECK(test.there.feed.deliveries().replayed() == 0);
}

TEST_CASE("a follow is told once: its row is settled, and it does not throw the list away again when it is heard") {
  Two test;
  const auto other = test.here.user();
  test.here.post(other);
  run_task(test.here.maintenance.hear_once());
  test.here.follow(test.reader, other);
  CHECK(test.here.unsettled() == 0);
  CHECK(test.here.count(test.reader) == 2);
  run_task(test.here.maintenance.hear_once());
  CHECK(test.here.source(test.reader) == Source::hit);
  test.clock.advance(2s);
  CHECK(run_task(test.here.maintenance.replay_once()) == 0);
  // Another process hears of it.
  run_task(test.there.maintenance.hear_once());
  CHECK(test.there.count(test.reader) == 2);
}

TEST_CASE("a round replays all there is, and forgets all that is settled and old") {
  StoreMemory database;
  common::ManualClock clock;
  FeedUnderTest test(database, clock);
  for (int i = 0; i < 12'000; ++i)
    database.note("user:" + std::to_string(i), 2, clock.now());
  clock.advance(2s);
  CHECK(run_task(test.maintenance.replay_once()) == 12'000);
  CHECK(test.unsettled() == 0);
  CHECK(database.notes.size() == 12'000);
  clock.advance(Maintenance::settled_kept_for);
  run_task(test.maintenance.forget_once());
  CHECK(database.notes.empty());
}
