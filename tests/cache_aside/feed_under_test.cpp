#include "tests/cache_aside/feed_under_test.h"

namespace testing {

Task<Result<cache_aside::FollowChange>> FollowsUnderTest::follow(std::uint64_t follower, std::uint64_t followee,
                                                                 std::uint64_t fame, common::TimePoint now) {
  return store_.follow(follower, followee, fame, now);
}

Task<Result<cache_aside::FollowChange>> FollowsUnderTest::unfollow(std::uint64_t follower, std::uint64_t followee,
                                                                   common::TimePoint now) {
  return store_.unfollow(follower, followee, now);
}

Task<Result<std::vector<std::uint64_t>>> FollowsUnderTest::followers(std::uint64_t user, std::uint64_t after,
                                                                     std::size_t limit) {
  ++followers_asked;
  if (fails) co_return common::Error{common::Failure::unavailable, "the database is away"};
  co_return co_await store_.followers(user, after, limit);
}

Task<Result<std::vector<cache_aside::Followee>>> FollowsUnderTest::followees(std::uint64_t user) {
  if (user == fails_for) co_return common::Error{common::Failure::unavailable, "the database is away"};
  auto found = co_await store_.followees(user);
  if (after_followees) co_await after_followees();
  co_return found;
}

Task<Result<cache_aside::Fame>> FollowsUnderTest::fame(std::uint64_t user) {
  if (before_fame) co_await before_fame();
  co_return co_await store_.fame(user);
}

Task<Result<LogUnderTest::Rows>> LogUnderTest::pending(common::TimePoint before, std::size_t limit) {
  return store_.pending(before, limit);
}

Task<Result<void>> LogUnderTest::settle(std::vector<std::uint64_t> ids) {
  return store_.settle(std::move(ids));
}

Task<Result<LogUnderTest::Rows>> LogUnderTest::since(std::uint64_t after, std::size_t limit) {
  if (fails) co_return common::Error{common::Failure::unavailable, "the database is away"};
  auto found = co_await store_.since(after, limit);
  if (found.has_value()) std::erase_if(*found, [&](const auto& each) { return each.id == invisible; });
  co_return found;
}

Task<Result<void>> LogUnderTest::postpone(std::vector<std::uint64_t> ids, common::TimePoint now) {
  return store_.postpone(std::move(ids), now);
}

Task<Result<std::size_t>> LogUnderTest::forget(common::TimePoint before, std::size_t limit) {
  return store_.forget(before, limit);
}

FeedUnderTest::FeedUnderTest(cache_aside::StoreMemory& store, common::ManualClock& at, Options wanted)
    : clock(at),
      options(wanted),
      user_store(store),
      post_store(store),
      follows(store),
      log(store),
      lists(clock, {800, wanted.ttl}),
      fanout(cache_aside::make_fanout(wanted.fanout, wanted.ttl)) {
  posts = std::make_unique<cache_aside::Posts>(cache_aside::Posts::Parts{post_store, gate, reads, *policy, clock, 1h},
                                               [this](const cache_aside::Post& post, std::uint64_t note) {
                                                 posted = {post.id, post.author, note};
                                               });
}

FeedUnderTest::~FeedUnderTest() = default;

std::uint64_t FeedUnderTest::user() {
  auto made = run_task(user_store.create({0, "Ada", "ada@example.com", 1}, std::nullopt, {false, clock.now()}));
  return std::get<cache_aside::Stored<cache_aside::User>>(*made).row.id;
}

void FeedUnderTest::follow(std::uint64_t follower, std::uint64_t followee) {
  const auto done = run_task(feed.follow(follower, followee));
  CHECK((done.has_value() && *done));
}

cache_aside::FeedPage FeedUnderTest::page(std::uint64_t reader, std::size_t limit) {
  auto read = run_task(feed.read(reader, *posts, UINT64_MAX, limit));
  REQUIRE(read.has_value());
  return std::move(*read);
}

std::size_t FeedUnderTest::unsettled() {
  return run_task(log.pending(common::TimePoint::max(), 100'000))->size();
}

double FeedUnderTest::hits() const {
  const std::string text = registry.render();
  const std::string name = "=\"hit\"} ";
  const auto at = text.find(name);
  return at == std::string::npos ? 0 : std::stod(text.substr(at + name.size()));
}

Task<> FeedUnderTest::create(std::uint64_t author, bool deliver) {
  cache_aside::Post post{0, author, "hello", clock.now(), 1};
  (void)co_await posts->create(std::move(post), std::nullopt);
  const auto executor = co_await common::asio::this_coro::executor;
  if (deliver) feed.deliveries().begin(executor, posted);
}

}  // namespace testing
