// Links in several PostgreSQL databases, each on the shard that its code belongs to (shard_ring.h).
//
// What concerns one code is one shard's business: redirects, clicks, edits, aliases. Two decisions are not about a
// code, and each of them has a shard of its own:
//
//   an Idempotency-Key   on the key's shard: which request it belongs to
//   ifExists: reuse      on the URL hash's shard: one of several that race creates the link
//
// Both must be one with the creation, and no transaction spans two databases. But a generated code is ours to choose:
// fits() asks for one that lies on the shard where the decision is, and then the shard's own transaction is exact.
// Where there is no choice, the key is tied to its request first, by a row on the key's shard, and the answer is kept
// in the transaction of the link: an alias with a key, and a reuse with one, take one more write and stay exact. Those
// whose link lies on the key's shard write that row too, in their transaction: it is where two that differ meet.
//
// What a single database does and this does not: a batch without a key is one transaction on each shard, not one in
// all.
//
// What costs more than on one shard: a list asks all of them, and so does reuse, for links that are elsewhere because
// they were created without it; a request with a key asks all for its answer, which stays where it is when a shard is
// added.
//
// Thread-safe, on the threads of the runtime.

#pragma once

#include <memory>
#include <vector>

#include "url_shortener/link_store_postgres.h"
#include "url_shortener/shards.h"

namespace url_shortener {

class LinkStoreSharded final : public LinkStore {
 public:
  // `shards` outlives this.
  explicit LinkStoreSharded(Shards& shards, Search search = Search::scan);

  bool fits(const Insert& insert) const override;
  common::Task<common::Result<InsertOutcome>> insert(Insert insert) override;
  common::Task<common::Result<std::optional<IdempotentAnswer>>> find_answer(std::string scope, std::string key,
                                                                            common::TimePoint now) override;
  common::Task<common::Result<std::optional<Link>>> find(std::string code) override;
  common::Task<common::Result<Click>> take_click(std::string code, common::TimePoint now) override;
  common::Task<common::Result<EditOutcome>> edit(std::string code, Edit edit,
                                                 std::optional<std::uint64_t> version) override;
  common::Task<common::Result<EditOutcome>> remove(std::string code, std::optional<std::uint64_t> version) override;
  common::Task<common::Result<std::vector<Link>>> list(ListQuery query) override;
  // One transaction for each shard that has a part in it: where one fails, its items have Failed, and the others are
  // made. With an answer to keep it is a single one, so then an item may neither wish for a code nor reuse a link
  // (Failure::invalid).
  common::Task<common::Result<InsertManyOutcome>> insert_many(InsertMany many) override;
  common::Task<common::Result<SearchPage>> search(SearchQuery query) override;
  common::Task<common::Result<bool>> index_more() override;

 private:
  LinkStorePostgres& of_code(std::string_view code) const { return *shards_[ring_.owner(code)]; }
  std::size_t key_shard(const IdempotentAnswer& answer) const;
  std::size_t url_shard(std::string_view long_url) const;
  common::Task<common::Result<InsertOutcome>> insert_with_key(Insert insert);
  common::Task<common::Result<InsertOutcome>> insert_or_reuse(Insert insert);
  common::Task<common::Result<InsertOutcome>> insert_at(std::size_t shard, Insert insert);
  std::vector<std::size_t> misfits(const InsertMany& many) const;
  common::Task<common::Result<std::optional<Link>>> find_elsewhere(const Insert& insert, std::size_t here);

  const ShardRing& ring_;
  std::vector<std::unique_ptr<LinkStorePostgres>> shards_;
};

}  // namespace url_shortener
