// Links in PostgreSQL: durable, many processes on many hosts.
//
// What SQLite's one writer decides by being alone is decided here by unique indexes and row locks:
//
//   create   the primary key. Creations of one thread that come together are one statement (batches.h): its fsync is
//            shared. One that brings an idempotency key or asks for reuse is a transaction of its own.
//   edit     compare-and-swap on the version
//   click    one UPDATE with the limit in its WHERE
//
// Thread-safe, on the threads of the runtime.

#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "url_shortener/batches.h"
#include "url_shortener/link_store.h"
#include "url_shortener/store_postgres.h"

namespace url_shortener {

class LinkStorePostgres final : public LinkStore {
 public:
  // `store` outlives this. All processes on one database choose the same `search`.
  explicit LinkStorePostgres(StorePostgres& store, Search search = Search::scan);

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
  common::Task<common::Result<SearchPage>> search(SearchQuery query) override;
  common::Task<common::Result<bool>> index_more() override;

  // What only a store of several of these asks of one.
  // A link of that URL that redirects at `now`. What others create meanwhile is not waited for.
  common::Task<common::Result<std::optional<Link>>> find_live(std::string long_url, common::TimePoint now);
  // Keeps an answer without a link, or gives the one that is kept already.
  common::Task<common::Result<std::optional<IdempotentAnswer>>> keep_answer(IdempotentAnswer answer,
                                                                            common::TimePoint now);
  // insert() of one with an answer, whose key is tied to its request in the same transaction; KeyReused when another
  // has it.
  common::Task<common::Result<InsertOutcome>> bind_and_insert(Insert insert);
  // Ties the key of `answer` to its request, for 24 h; false when another request has it.
  common::Task<common::Result<bool>> bind_key(IdempotentAnswer answer, common::TimePoint now);
  common::Task<common::Result<void>> unbind_key(IdempotentAnswer answer);

 private:
  using LinkBatches = Batches<Link, bool>;  // whether the code was free

  common::Task<common::Result<std::vector<bool>>> insert_all(std::vector<Link> links);
  template <class Change>
  common::Task<common::Result<EditOutcome>> change(std::string code, std::optional<std::uint64_t> version, Change make);

  StorePostgres& store_;
  const Search search_;
  std::atomic<bool> index_is_whole_ = false;
  std::vector<std::unique_ptr<LinkBatches>> batches_;  // one a thread
};

}  // namespace url_shortener
