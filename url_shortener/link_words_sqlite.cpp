#include "url_shortener/link_words_sqlite.h"

#include <algorithm>

#include "url_shortener/link_rows_sqlite.h"
#include "url_shortener/search_words.h"

namespace url_shortener::rows {
namespace {

using common::TimePoint;

constexpr std::size_t step = 200;          // links gone through in one transaction
constexpr std::size_t counted_max = 1000;  // entries of a word, to tell which of several is the rarest

struct Entry {
  TimePoint created_at;
  std::string code;
};

void insert_word(Database& database, const std::string& word, const Link& link) {
  database.run("INSERT INTO link_words (word, created_at, code) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", word,
               link.created_at, link.code);
}

bool has_word(Database& database, const std::string& word, const Entry& entry) {
  return database
      .query("SELECT 1 FROM link_words WHERE word = ? AND created_at = ? AND code = ?", word, entry.created_at,
             entry.code)
      .next();
}

std::int64_t count_entries(Database& database, const std::string& word) {
  auto rows = database.query("SELECT count(*) FROM (SELECT 1 FROM link_words WHERE word = ? LIMIT ?)", word,
                             static_cast<std::int64_t>(counted_max));
  rows.next();
  return rows.integer(0);
}

// The rarest first: its walk is the shortest.
std::vector<std::string> by_rarity(Database& database, const std::vector<std::string>& words) {
  if (words.size() < 2) return words;
  std::vector<std::pair<std::int64_t, std::string>> counted;
  for (const auto& word : words)
    counted.emplace_back(count_entries(database, word), word);
  std::sort(counted.begin(), counted.end());
  std::vector<std::string> sorted;
  for (auto& [count, word] : counted)
    sorted.push_back(std::move(word));
  return sorted;
}

bool fits(const Link& link, const SearchQuery& query) {
  const bool tagged = !query.tag || std::find(link.tags.begin(), link.tags.end(), *query.tag) != link.tags.end();
  return tagged && !link.deleted && url_shortener::has_words(link, query.words);
}

}  // namespace

void insert_words(Database& database, const Link& link) {
  for (const auto& word : words_of(link))
    insert_word(database, word, link);
}

void change_words(Database& database, const Link& before, const Link& after) {
  const auto old_words = words_of(before);
  const auto new_words = after.deleted ? std::vector<std::string>{} : words_of(after);
  for (const auto& word : old_words) {
    if (std::find(new_words.begin(), new_words.end(), word) != new_words.end()) continue;
    database.run("DELETE FROM link_words WHERE word = ? AND created_at = ? AND code = ?", word, before.created_at,
                 before.code);
  }
  for (const auto& word : new_words) {
    if (std::find(old_words.begin(), old_words.end(), word) == old_words.end()) insert_word(database, word, after);
  }
}

SearchPage search_words(Database& database, const SearchQuery& query) {
  SearchPage page;
  const auto words = by_rarity(database, query.words);
  const TimePoint time = query.before ? query.before->first : TimePoint::max();
  const std::string_view code = query.before ? std::string_view(query.before->second) : "";
  auto rows = database.query(
      "SELECT created_at, code FROM link_words WHERE word = ? AND (created_at, code) < (?, ?)"
      " ORDER BY created_at DESC, code DESC LIMIT ?",
      words.front(), time, code, static_cast<std::int64_t>(query.examine_max));
  std::size_t examined = 0;
  while (page.links.size() < query.limit && rows.next()) {
    ++examined;
    const Entry entry{rows.time(0), std::string(rows.text(1))};
    page.next.emplace(entry.created_at, entry.code);
    const bool all =
        std::all_of(words.begin() + 1, words.end(), [&](const auto& word) { return has_word(database, word, entry); });
    if (!all) continue;
    auto link = find_link(database, entry.code);
    if (link && fits(*link, query)) page.links.push_back(std::move(*link));
  }
  if (page.links.size() < query.limit && examined < query.examine_max) page.next.reset();  // the walk ended
  return page;
}

bool index_some(Database& database) {
  std::string last;
  {
    auto progress = database.query("SELECT last_code, done FROM link_words_progress");
    if (!progress.next() || progress.integer(1) != 0) return true;
    last = progress.text(0);
  }
  std::vector<std::string> codes;
  {
    auto rows = database.query("SELECT code FROM links WHERE code > ? ORDER BY code LIMIT ?", last,
                               static_cast<std::int64_t>(step));
    while (rows.next())
      codes.emplace_back(rows.text(0));
  }
  for (const auto& code : codes) {
    const auto link = find_link(database, code);
    if (link && !link->deleted) insert_words(database, *link);
  }
  const bool done = codes.size() < step;
  database.run("UPDATE link_words_progress SET last_code = ?, done = ?", codes.empty() ? last : codes.back(),
               done ? 1 : 0);
  return done;
}

void begin_index_anew(Database& database) {
  database.run("UPDATE link_words_progress SET last_code = '', done = 0 WHERE done = 1 OR last_code <> ''");
}

}  // namespace url_shortener::rows
