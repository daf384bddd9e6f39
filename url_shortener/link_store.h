// Where links live. One interface, one contract test (tests/url_shortener/link_store_contract_test.cpp),
// one file an implementation.
//
// The guarantee all of them give: insert-first. A code is claimed by inserting it, and the store's unique
// index decides; nobody looks whether it is free and then takes it, because two can look at once. When insert()
// has answered `inserted`, the link is as durable as the store is, and so is the idempotent answer beside it:
// both are one transaction.

#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/result.h"
#include "common/runtime/task.h"
#include "url_shortener/link.h"

namespace url_shortener {

// A creating request that carried an Idempotency-Key: the answer to replay if it comes again.
struct IdempotentAnswer {
  std::string scope;         // caller and route
  std::string key;           // as the client sent it, unquoted
  std::string request_hash;  // of path, query and body: the same key with another request is a conflict
  int status = 201;
  std::string headers;  // "Location: …\r\nETag: …\r\n"
  std::string body;
};

struct Insert {
  Link link;
  bool reuse_existing = false;  // answer with a live link of the same URL, if there is one
  std::optional<IdempotentAnswer> answer = std::nullopt;
  // With both of the above: the answer to keep when a link was found, made from it. It may be called on
  // another thread, before insert() returns. Without it such an answer is not kept, nor replayed.
  std::function<IdempotentAnswer(const Link& existing)> answer_existing = nullptr;
};

struct Inserted {};
struct CodeTaken {};
struct Existing {
  Link link;
};  // reuse_existing found it
struct Replayed {
  IdempotentAnswer answer;
};                    // the same request was answered before
struct KeyReused {};  // the same key, but another body
// Of many creations in several parts: this one's part failed; its error says whether it may have been made.
struct Failed {
  common::Error error;
};
using InsertOutcome = std::variant<Inserted, CodeTaken, Existing, Replayed, KeyReused>;

struct Edit {
  std::optional<std::string> long_url;
  std::optional<std::optional<common::TimePoint>> expires_at;  // set to nullopt: never
  std::optional<std::optional<std::uint64_t>> max_clicks;      // set to nullopt: no limit
  std::optional<std::vector<std::string>> tags;
};

// What `edit` makes of `link`: its fields, and a version one higher. A link without max_clicks counts from 0.
void apply(const Edit& edit, Link& link);

// How long idempotent answers are kept.
inline constexpr std::chrono::hours answer_lifetime{24};

struct NotFound {};
struct VersionMismatch {
  std::uint64_t current;
};
using EditOutcome = std::variant<Link, NotFound, VersionMismatch>;

struct ListQuery {
  std::size_t limit = 20;
  std::optional<std::pair<common::TimePoint, std::string>>
      before;  // the last row of the page before: (created_at, code)
  std::optional<std::string> tag;
};

// Where a link stands in lists, which are newest first: (created_at, code), both descending.
using Position = std::pair<common::TimePoint, std::string>;

struct SearchQuery {
  std::vector<std::string> words;  // as words_of() gives them (search_words.h): a link has all of them
  std::size_t limit = 20;
  std::optional<Position> before = std::nullopt;  // `next` of the page before
  std::optional<std::string> tag = std::nullopt;
  std::size_t examine_max = 2'000;  // links or index entries looked at, at most: what a page may cost
};

// What search() goes through. Entries cost each creation, so they are kept only where that is asked for.
enum class Search { scan, words };  // the links, or an index of their words

// Fewer links than the limit, even none, do not mean that there are no more: `next` does.
struct SearchPage {
  std::vector<Link> links;
  std::optional<Position> next;
};

// Many creations in one transaction, or in one for each part of a store.
struct InsertMany {
  struct Item {
    Link link;
    bool reuse_existing = false;
    bool code_is_wished = false;  // when it is taken, that is the outcome; otherwise another is to be drawn
  };
  using Outcome = std::variant<Inserted, CodeTaken, Existing, Failed>;

  std::vector<Item> items;
  common::TimePoint now;
  std::optional<IdempotentAnswer> answer = std::nullopt;  // its scope, key and hash
  // With `answer`: the rest of it. May be called on another thread, before insert_many() returns.
  std::function<IdempotentAnswer(const std::vector<Outcome>&)> make_answer = nullptr;
};

// Of generated codes these were taken, by place. Nothing was done: draw others and ask again.
struct CodesTaken {
  std::vector<std::size_t> items;
};
using InsertManyOutcome = std::variant<std::vector<InsertMany::Outcome>, CodesTaken, Replayed, KeyReused>;

// What became of one item that was inserted by itself, without an answer to keep.
InsertMany::Outcome of_many(common::Result<InsertOutcome> outcome);

class LinkStore {
 public:
  virtual ~LinkStore() = default;

  // Whether insert.link.code lies where this creation is decided (only stores of several parts say no). For a code that
  // can be chosen: insert() takes any, and promises more of one that fits.
  virtual bool fits(const Insert& insert) const {
    (void)insert;
    return true;
  }

  // Claims insert.link.code. In this order: the idempotent answer, if the key was used; the existing link, if
  // one is to be reused; the code. At most one of any number of racing inserts of a code answers Inserted.
  // Idempotent answers older than 24 h (by `now` = insert.link.created_at) are forgotten.
  virtual common::Task<common::Result<InsertOutcome>> insert(Insert insert) = 0;

  // Each item as insert() would, but all of them and the answer in one transaction: after a crash all are there or
  // none. Of items with one code the first has it. A store of several parts has a transaction for each of them, and an
  // item whose part failed is Failed; only with an answer to keep it is one and all. This implementation is for stores
  // that have no such transaction: one item after the other, and a request with an answer is refused
  // (Failure::invalid).
  virtual common::Task<common::Result<InsertManyOutcome>> insert_many(InsertMany many);

  // The answer that is kept for `key` of `scope`, if it is not older than 24 h at `now`. For those who would do work
  // before they insert; insert() looks itself, and decides.
  virtual common::Task<common::Result<std::optional<IdempotentAnswer>>> find_answer(std::string scope, std::string key,
                                                                                    common::TimePoint now) = 0;

  // The link, deleted or expired ones included; nullopt when the code was never given out.
  virtual common::Task<common::Result<std::optional<Link>>> find(std::string code) = 0;

  // Counts one click against max_clicks if the link is live at `now` and has clicks left, exactly, across
  // processes. Answers the link as it is after; gone(link) then says used_up for the last one too, so
  // `admitted` tells.
  struct Click {
    std::optional<Link> link;
    bool admitted = false;
  };
  virtual common::Task<common::Result<Click>> take_click(std::string code, common::TimePoint now) = 0;

  // Applies `edit` if the link is there, not deleted, and its version is `version` (nullopt: whatever
  // it is).
  virtual common::Task<common::Result<EditOutcome>> edit(std::string code, Edit edit,
                                                         std::optional<std::uint64_t> version) = 0;

  // Marks it deleted; likewise. The row stays, so the code is never given out again.
  virtual common::Task<common::Result<EditOutcome>> remove(std::string code, std::optional<std::uint64_t> version) = 0;

  // Newest first (by created_at, then code, both descending), without deleted ones. A link's tags are a set:
  // with one twice it is listed once.
  virtual common::Task<common::Result<std::vector<Link>>> list(ListQuery query) = 0;

  // Links that have all the words, newest first, without deleted ones. This implementation is a plain scan of list().
  virtual common::Task<common::Result<SearchPage>> search(SearchQuery query);
  // One step of making search() find quickly what was created before it was asked to. True: nothing is left to do.
  virtual common::Task<common::Result<bool>> index_more();
};

// Asks `links` to index_more() until nothing is left to do; while the store is away, once a second.
common::Task<void> index_all(LinkStore& links);

}  // namespace url_shortener
