// Links in SQLite: durable, one file, several processes. The default.
//
// Every write is one closure on the group writer (common/sqlite/group_writer.h): it reads, decides and writes
// with nobody between, so what LinkStore asks to be exact takes no retry and no lock of ours. Finding and listing
// read inline on the calling thread. Thread-safe.

#pragma once

#include <atomic>

#include "url_shortener/link_store.h"
#include "url_shortener/store_sqlite.h"

namespace url_shortener {

class LinkStoreSqlite final : public LinkStore {
 public:
  // `store` outlives this. All processes on one file choose the same `search`.
  explicit LinkStoreSqlite(StoreSqlite& store, Search search = Search::scan) : store_(store), search_(search) {}

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

 private:
  StoreSqlite& store_;
  const Search search_;
  std::atomic<bool> index_is_whole_ = false;
};

}  // namespace url_shortener
