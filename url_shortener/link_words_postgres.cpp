#include "url_shortener/link_words_postgres.h"

#include <algorithm>
#include <unordered_map>

#include "url_shortener/link_rows_postgres.h"
#include "url_shortener/search_words.h"

namespace url_shortener::rows {
namespace {

using common::Result;
using common::Task;
using common::TimePoint;

constexpr std::size_t step = 500;          // links gone through in one transaction
constexpr std::size_t counted_max = 1000;  // entries of a word, to tell which of several is the rarest

// The rarest first: its walk is the shortest.
Outcome<std::vector<std::string>> by_rarity(Pool& pool, const std::vector<std::string>& words) {
  if (words.size() < 2) co_return words;
  auto rows = co_await pool.read(
      "SELECT given, (SELECT count(*) FROM (SELECT 1 FROM link_words WHERE word = given LIMIT $2) AS entries) AS n"
      " FROM unnest($1::text[]) AS given ORDER BY n",
      words, counted_max);
  if (rows.has_error()) co_return rows.error();
  std::vector<std::string> sorted;
  while (rows->next())
    sorted.emplace_back(rows->text(0));
  co_return sorted;
}

// Of the walk of words[0], those entries that have the other words too.
Outcome<std::vector<Position>> walk(Pool& pool, const std::vector<std::string>& words, const SearchQuery& query) {
  const TimePoint time = query.before ? query.before->first : TimePoint::max();
  const std::string_view code = query.before ? std::string_view(query.before->second) : "";
  const std::vector<std::string> others(words.begin() + 1, words.end());
  auto rows = co_await pool.read(
      "SELECT created_at, code FROM (SELECT created_at, code FROM link_words"
      "  WHERE word = $1 AND (created_at, code) < ($2, $3) ORDER BY created_at DESC, code DESC LIMIT $4) AS entry"
      " WHERE (cardinality($5::text[]) = 0 OR cardinality($5::text[]) = (SELECT count(*) FROM link_words AS other"
      "   WHERE other.word = ANY ($5::text[]) AND (other.created_at, other.code) = (entry.created_at, entry.code)))"
      " AND ($6::text IS NULL OR EXISTS (SELECT 1 FROM link_tags"
      "   WHERE tag = $6 AND (link_tags.created_at, link_tags.code) = (entry.created_at, entry.code)))"
      " ORDER BY created_at DESC, code DESC LIMIT $7",
      words.front(), time, code, query.examine_max, others, query.tag, query.limit);
  if (rows.has_error()) co_return rows.error();
  std::vector<Position> found;
  while (rows->next())
    found.emplace_back(rows->time(0), rows->text(1));
  co_return found;
}

// Where a walk that looked at examine_max entries stopped; none when it came to the end.
Outcome<std::optional<Position>> end_of_walk(Pool& pool, const std::string& word, const SearchQuery& query) {
  const TimePoint time = query.before ? query.before->first : TimePoint::max();
  const std::string_view code = query.before ? std::string_view(query.before->second) : "";
  auto rows = co_await pool.read(
      "SELECT created_at, code FROM link_words WHERE word = $1 AND (created_at, code) < ($2, $3)"
      " ORDER BY created_at DESC, code DESC OFFSET $4 LIMIT 1",
      word, time, code, query.examine_max - 1);
  if (rows.has_error()) co_return rows.error();
  std::optional<Position> end;
  if (rows->next()) end.emplace(rows->time(0), rows->text(1));
  co_return end;
}

bool fits(const Link& link, const SearchQuery& query) {
  const bool tagged = !query.tag || std::find(link.tags.begin(), link.tags.end(), *query.tag) != link.tags.end();
  return tagged && !link.deleted && has_words(link, query.words);
}

}  // namespace

Task<Result<SearchPage>> search_words(Pool& pool, const SearchQuery& query) {
  const auto words = co_await by_rarity(pool, query.words);
  if (words.has_error()) co_return words.error();
  const auto found = co_await walk(pool, *words, query);
  if (found.has_error()) co_return found.error();
  SearchPage page;
  if (found->size() == query.limit) {
    page.next = found->back();
  } else {
    auto end = co_await end_of_walk(pool, words->front(), query);
    if (end.has_error()) co_return end.error();
    page.next = std::move(*end);
  }
  std::vector<std::string> codes;
  for (const auto& position : *found)
    codes.push_back(position.second);
  auto links = co_await find_links(pool, codes);
  if (links.has_error()) co_return links.error();
  std::unordered_map<std::string_view, Link*> by_code;
  for (Link& link : *links)
    by_code.emplace(link.code, &link);
  for (const auto& code : codes) {
    const auto link = by_code.find(code);
    if (link != by_code.end() && fits(*link->second, query)) page.links.push_back(*link->second);
  }
  co_return page;
}

namespace {

Task<Result<bool>> index_step(Transaction& transaction) {
  auto progress =
      co_await transaction.run("SELECT last_code, done FROM link_words_progress FOR UPDATE");  // one process at a time
  if (progress.has_error()) co_return progress.error();
  if (!progress->next() || progress->boolean(1)) co_return true;
  const std::string last(progress->text(0));
  const auto links = co_await links_after(transaction, last, step);
  if (links.has_error()) co_return links.error();
  std::vector<std::string> words, codes;
  std::vector<TimePoint> times;
  for (const auto& link : *links) {
    if (link.deleted) continue;
    for (auto& word : words_of(link)) {
      words.push_back(std::move(word));
      times.push_back(link.created_at);
      codes.push_back(link.code);
    }
  }
  const auto written = co_await transaction.run(
      "INSERT INTO link_words (word, created_at, code) SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[])"
      " ON CONFLICT DO NOTHING",
      words, times, codes);
  if (written.has_error()) co_return written.error();
  const bool done = links->size() < step;
  const auto noted = co_await transaction.run("UPDATE link_words_progress SET last_code = $1, done = $2",
                                              links->empty() ? last : links->back().code, done);
  if (noted.has_error()) co_return noted.error();
  co_return done;
}

}  // namespace

Task<Result<bool>> index_some(Pool& pool) {
  co_return co_await pool.transaction([](Transaction& transaction) { return index_step(transaction); });
}

Task<Result<void>> begin_index_anew(Pool& pool) {
  const auto begun =
      co_await pool.write("UPDATE link_words_progress SET last_code = '', done = false WHERE done OR last_code <> ''");
  if (begun.has_error()) co_return begun.error();
  co_return Result<void>{};
}

}  // namespace url_shortener::rows
