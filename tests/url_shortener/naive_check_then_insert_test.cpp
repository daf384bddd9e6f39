// The mistake that insert-first avoids, kept as an exhibit: look whether a code is free, then take it.
//
//   one   is "abc" free? yes              put "abc" → https://one.example/
//   two                  is "abc" free? yes                                 put "abc" → https://two.example/
//
// Both are told that the code is theirs, and the first one's link leads elsewhere from now on. A unique index saves the
// link, not the answer: then the second one gets the database's error (YOURLS issues 1974, 2538 and 2640: "Duplicate
// entry … for key 'PRIMARY'", in 1 of about 10,000 requests). Here the two steps are interleaved by hand, so that it
// goes wrong every time.

#include <map>

#include <boost/asio/post.hpp>

#include "tests/support/run_task.h"
#include "tests/url_shortener/stores_under_test.h"

using namespace url_shortener;
using common::Task;

namespace {

class NaiveStore {
 public:
  Task<bool> create(Link link) {
    const bool is_free = !links_.contains(link.code);
    co_await let_others_run();  // a round trip to the database, in real life
    if (!is_free) co_return false;
    links_[link.code] = link;
    co_return true;
  }
  const Link& at(const std::string& code) const { return links_.at(code); }

 private:
  static Task<> let_others_run() {
    co_await boost::asio::post(co_await boost::asio::this_coro::executor, common::use_task);
  }
  std::map<std::string, Link> links_;
};

Task<> create(NaiveStore& store, Link link, int& created) {
  created += co_await store.create(std::move(link));
}

Task<> create(LinkStore& store, Link link, int& created) {
  const auto outcome = (co_await store.insert(insert_of(std::move(link)))).value();
  created += std::holds_alternative<Inserted>(outcome);
}

template <class Store>
int both_create(Store& store) {
  int created = 0;
  std::vector<Task<>> tasks;
  tasks.push_back(create(store, new_link("abc", "https://one.example/"), created));
  tasks.push_back(create(store, new_link("abc", "https://two.example/"), created));
  testing::run_tasks(std::move(tasks));
  return created;
}

}  // namespace

TEST_CASE("looking first and inserting then gives one code to two links") {
  NaiveStore naive;
  CHECK(both_create(naive) == 2);
  CHECK(naive.at("abc").long_url == "https://two.example/");  // the first was told it has the code
}

TEST_CASE("inserting first gives one code to one link") {
  FOR_EACH_KIND(LinkStores, stores);
  CHECK(both_create(stores.one()) == 1);
  CHECK(testing::run_task(stores.one().find("abc")).value()->long_url == "https://one.example/");
}
