// Links in memory: for trying out, for tests, and as the plainest statement of what a store does.
//
// Everything LinkStore promises but surviving a restart. Redirects touch one of 64 shards, each with its own
// lock, so threads seldom meet there. Creating, editing and listing also need the catalog (by time, by tag, by
// URL, idempotent answers), which has one lock:
// the price of a transaction without a database.
//
// search() is LinkStore's plain scan.
//
// Thread-safe. Locks are taken in one order, catalog before shard, never two shards, none across a co_await.

#pragma once

#include <array>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "url_shortener/link_store.h"

namespace url_shortener {

class LinkStoreMemory final : public LinkStore {
 public:
  common::Task<common::Result<InsertOutcome>> insert(Insert insert) override;
  common::Task<common::Result<std::optional<IdempotentAnswer>>> find_answer(std::string scope, std::string key,
                                                                            common::TimePoint now) override;
  common::Task<common::Result<std::optional<Link>>> find(std::string code) override;
  common::Task<common::Result<Click>> take_click(std::string code, common::TimePoint now) override;
  common::Task<common::Result<EditOutcome>> edit(std::string code, Edit edit,
                                                 std::optional<std::uint64_t> version) override;
  common::Task<common::Result<EditOutcome>> remove(std::string code, std::optional<std::uint64_t> version) override;
  common::Task<common::Result<std::vector<Link>>> list(ListQuery query) override;
  common::Task<common::Result<InsertManyOutcome>> insert_many(InsertMany many) override;

 private:
  struct Shard {
    std::mutex mutex;
    std::unordered_map<std::string, Link> links;
  };
  using AnswerKey = std::pair<std::string, std::string>;  // (scope, key)
  struct KeptAnswer {
    IdempotentAnswer answer;
    common::TimePoint at;
  };
  struct Catalog {
    std::mutex mutex;
    std::set<Position> by_time;  // live and expired, not deleted
    std::unordered_map<std::string, std::set<Position>> by_tag;
    // Of each URL what ifExists=reuse may find, (end, code): what lives longest is last. A link that is found to be
    // used up is taken out; an edit, which alone can give it new clicks, puts it back.
    std::unordered_map<std::string, std::set<Position>> by_url;
    std::map<AnswerKey, KeptAnswer> answers;
    std::deque<std::pair<common::TimePoint, AnswerKey>> answers_by_age;

    void add(const Link& link);
    void remove(const Link& link);
    void keep(const IdempotentAnswer& answer, common::TimePoint now);
    const IdempotentAnswer* answer(const AnswerKey& key, common::TimePoint now) const;  // nullptr: none, or too old
    void forget_old_answers(common::TimePoint now);
  };

  Shard& shard(const std::string& code) { return shards_[std::hash<std::string>{}(code) % shards_.size()]; }
  std::optional<Link> copy(const std::string& code);
  InsertOutcome insert_now(const Insert& insert);
  InsertManyOutcome insert_many_now(InsertMany& many);
  CodesTaken taken_codes(const InsertMany& many);
  InsertMany::Outcome insert_item(const InsertMany::Item& item, common::TimePoint now);
  std::optional<Link> live_link_of(const std::string& long_url, common::TimePoint now);

  template <class Change>
  EditOutcome change(const std::string& code, std::optional<std::uint64_t> version, Change make_change);

  std::array<Shard, 64> shards_;
  Catalog catalog_;
};

}  // namespace url_shortener
