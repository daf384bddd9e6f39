#include "url_shortener/link_many_postgres.h"

#include <algorithm>

#include "url_shortener/answer_rows_postgres.h"

namespace url_shortener::rows {
namespace {

using common::Result;
using common::Task;
using common::postgres::TransactionOptions;

// Above the usual one: a thousand links and their words are one statement.
constexpr std::chrono::seconds deadline{10};

// Locks taken one after the other are taken in one order by all, or two batches wait for each other.
std::vector<std::size_t> reusers(const InsertMany& many) {
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < many.items.size(); ++i) {
    if (many.items[i].reuse_existing) places.push_back(i);
  }
  std::stable_sort(places.begin(), places.end(), [&](std::size_t a, std::size_t b) {
    return many.items[a].link.long_url < many.items[b].link.long_url;
  });
  return places;
}

class Creations {
 public:
  Creations(const InsertMany& many, Search search)
      : many_(many), search_(search), outcomes_(many.items.size(), CodeTaken{}) {}

  std::vector<InsertMany::Outcome>& outcomes() { return outcomes_; }

  Task<Result<void>> insert_new(Transaction& transaction) {
    std::vector<std::size_t> places;
    std::vector<Link> links;
    for (std::size_t i = 0; i < many_.items.size(); ++i) {
      if (many_.items[i].reuse_existing) continue;
      places.push_back(i);
      links.push_back(many_.items[i].link);
    }
    if (links.empty()) co_return Result<void>{};
    const auto inserted = co_await insert_links(transaction, links, search_);
    if (inserted.has_error()) co_return inserted.error();
    for (std::size_t i = 0; i < places.size(); ++i) {
      if ((*inserted)[i]) outcomes_[places[i]] = Inserted{};
    }
    co_return Result<void>{};
  }

  Task<Result<void>> reuse_or_insert(Transaction& transaction, std::size_t place) {
    const Link& link = many_.items[place].link;
    auto found = co_await lock_and_find_live_link(transaction, link.long_url, many_.now);
    if (found.has_error()) co_return found.error();
    if (*found) {
      outcomes_[place] = Existing{std::move(**found)};
      co_return Result<void>{};
    }
    const auto inserted = co_await insert_link(transaction, link, search_);
    if (inserted.has_error()) co_return inserted.error();
    if (*inserted) outcomes_[place] = Inserted{};
    co_return Result<void>{};
  }

  CodesTaken taken() const {
    CodesTaken taken;
    for (std::size_t i = 0; i < outcomes_.size(); ++i) {
      if (std::holds_alternative<CodeTaken>(outcomes_[i]) && !many_.items[i].code_is_wished) taken.items.push_back(i);
    }
    return taken;
  }

 private:
  const InsertMany& many_;
  const Search search_;
  std::vector<InsertMany::Outcome> outcomes_;
};

// `taken` is set when the transaction was given up because of generated codes: then the error says nothing more.
Task<Result<InsertManyOutcome>> insert_in(Transaction& transaction, const InsertMany& many, Search search,
                                          CodesTaken& taken) {
  taken.items.clear();
  if (many.answer) {
    auto kept = co_await keep_answer(transaction, *many.answer, many.now);
    if (kept.has_error()) co_return kept.error();
    if (*kept) {
      if ((*kept)->request_hash != many.answer->request_hash) co_return InsertManyOutcome{KeyReused{}};
      co_return InsertManyOutcome{Replayed{std::move(**kept)}};
    }
  }
  Creations creations(many, search);
  const auto inserted = co_await creations.insert_new(transaction);
  if (inserted.has_error()) co_return inserted.error();
  for (const std::size_t place : reusers(many)) {
    const auto done = co_await creations.reuse_or_insert(transaction, place);
    if (done.has_error()) co_return done.error();
  }
  taken = creations.taken();
  if (!taken.items.empty()) co_return common::Error{common::Failure::invalid, "generated codes are taken"};
  if (many.answer) {
    const IdempotentAnswer answer = many.make_answer(creations.outcomes());
    const auto kept = co_await replace_answer(transaction, answer);
    if (kept.has_error()) co_return kept.error();
  }
  co_return InsertManyOutcome{std::move(creations.outcomes())};
}

}  // namespace

Task<Result<InsertManyOutcome>> insert_many(Pool& pool, const InsertMany& many, Search search) {
  CodesTaken taken;
  TransactionOptions options;
  options.deadline = deadline;
  auto outcome = co_await pool.transaction(
      options, [&](Transaction& transaction) { return insert_in(transaction, many, search, taken); });
  if (outcome.has_error() && !taken.items.empty()) co_return InsertManyOutcome{std::move(taken)};
  co_return outcome;
}

}  // namespace url_shortener::rows
