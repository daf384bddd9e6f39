#include "url_shortener/link_many_sqlite.h"

#include "common/digest.h"
#include "url_shortener/link_rows_sqlite.h"
#include "url_shortener/link_words_sqlite.h"

namespace url_shortener::rows {
namespace {

InsertMany::Outcome insert_item(common::sqlite::Database& database, const InsertMany::Item& item, common::TimePoint now,
                                Search search) {
  const std::string url_hash = common::sha256(item.link.long_url);
  if (item.reuse_existing) {
    if (auto found = find_live_link(database, item.link.long_url, url_hash, now)) return Existing{std::move(*found)};
  }
  if (!insert_link(database, item.link, url_hash)) return CodeTaken{};
  if (search == Search::words) insert_words(database, item.link);
  return Inserted{};
}

}  // namespace

InsertManyOutcome insert_many_now(common::sqlite::Database& database, const InsertMany& many, Search search) {
  if (many.answer) {
    if (auto kept = find_answer(database, many.answer->scope, many.answer->key, many.now)) {
      if (kept->request_hash != many.answer->request_hash) return KeyReused{};
      return Replayed{std::move(*kept)};
    }
  }
  database.run("SAVEPOINT many");
  std::vector<InsertMany::Outcome> outcomes;
  CodesTaken taken;
  for (const auto& item : many.items) {
    outcomes.push_back(insert_item(database, item, many.now, search));
    const bool drawn_again = !item.code_is_wished && std::holds_alternative<CodeTaken>(outcomes.back());
    if (drawn_again) taken.items.push_back(outcomes.size() - 1);
  }
  if (!taken.items.empty()) database.run("ROLLBACK TO many");
  database.run("RELEASE many");
  if (!taken.items.empty()) return taken;
  if (many.answer) keep_answer(database, many.make_answer(outcomes), many.now);
  return outcomes;
}

}  // namespace url_shortener::rows
