#include "notifier/digest.h"
#include "tests/support/catch.h"

using namespace notifier;
using namespace std::chrono_literals;

TEST_CASE("windows tumble: an instant's window needs no memory") {
  const common::TimePoint zero{};
  CHECK(window_end(zero, 600s) == zero + 600s);
  CHECK(window_end(zero + 599s, 600s) == zero + 600s);
  CHECK(window_end(zero + 600s, 600s) == zero + 1200s);
}

TEST_CASE("a digest's id follows from its key, and differs with each part of it") {
  const DigestKey key{"ada", Channel::email, "news", common::TimePoint{600s}};
  CHECK(digest_id(key) == digest_id(DigestKey(key)));
  CHECK(digest_id(key) > 0);
  CHECK(digest_id(key) != digest_id({"bob", Channel::email, "news", common::TimePoint{600s}}));
  CHECK(digest_id(key) != digest_id({"ada", Channel::push, "news", common::TimePoint{600s}}));
  CHECK(digest_id(key) != digest_id({"ada", Channel::email, "olds", common::TimePoint{600s}}));
  CHECK(digest_id(key) != digest_id({"ada", Channel::email, "news", common::TimePoint{1200s}}));
}

TEST_CASE("a digest is a notification for one user on one channel") {
  const auto digest =
      make_digest({"ada", Channel::email, "news", common::TimePoint{600s}}, {"one", "two"}, 2, common::TimePoint{601s});
  CHECK(digest.kind == Kind::digest);
  CHECK(digest.title == "2 new: news");
  CHECK(digest.body == "- one\n- two\n");
  CHECK(digest.channels == only(Channel::email));
  CHECK(digest.audience.name == "ada");
}

TEST_CASE("a digest of more than is listed says how many there are") {
  const DigestKey key{"ada", Channel::email, "news", common::TimePoint{600s}};
  const auto digest = make_digest(key, {"one", "two"}, 5, common::TimePoint{601s});
  CHECK(digest.title == "5 new: news");
  CHECK(digest.body == "- one\n- two\nand 3 more\n");
  CHECK(make_digest(key, {"one"}, 1, common::TimePoint{601s}).title == "one");
}
