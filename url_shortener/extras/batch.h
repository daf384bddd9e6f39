// POST /v1/links:batch: up to 1,000 creations in one request and one transaction.
//
//   {"links": [{"longUrl": …}, …]}, or the array alone
//   → 201 all created, 200 all reused, 207 some were refused:
//     {"data": [{"index", "status", "link" or "error"}, …], "meta": {"created", "reused", "refused"}}
//
//   1. Every item has an outcome of its own, in the order of the request; a refused one keeps no other from being made.
//   2. What is made is made in one transaction, with the answer that an Idempotency-Key keeps: after a crash all of it
//      is there, or none. When the store fails, the whole answer is its failure, and says whether anything was made.
//      On shards, without a key, it is one transaction a shard: the items of one that fails are refused, 503, each with
//      whether it may have been made, and the others are made. When all fail the whole answer is the failure.
//   3. Each item counts against --create-limit.

#pragma once

#include <vector>

#include "common/http/router.h"
#include "url_shortener/extras/parts.h"
#include "url_shortener/link_json.h"

namespace url_shortener {

class LinkBatch {
 public:
  static constexpr std::size_t items_max = 1'000;
  static constexpr std::size_t bytes_max = 4 << 20;  // of a request: a thousand URLs of the full length, and more

  explicit LinkBatch(const ExtraParts& parts) : parts_(parts) {}
  void add_routes(common::http::Router& router);

 private:
  using Response = common::http::Response;
  template <class T>
  using Task = common::Task<T>;

  struct Item {
    NewLink wanted;
    std::optional<Response> refused;
    unsigned drawn = 0;  // codes, and
    unsigned taken = 0;  // how many of them were
    InsertMany::Item creation;
    std::optional<InsertMany::Outcome> outcome;
  };
  using Items = std::vector<Item>;

  Task<Response> create(common::http::Request& request);
  std::vector<Item> read_items(const common::json::array& links, const common::http::Request& request,
                               common::TimePoint now);
  Task<std::optional<Response>> draw_codes(Items& items, const std::vector<std::size_t>& places,
                                           const std::optional<common::http::IdempotencyKey>& key);
  Task<std::optional<Response>> draw_code(Item& item, const std::optional<common::http::IdempotencyKey>& key);
  Task<Response> insert(Items items, const std::optional<common::http::IdempotencyKey>& key, common::TimePoint now);
  static std::vector<std::string> codes_of(const Items& items);
  Response answer(const Items& items) const;

  const ExtraParts parts_;
};

}  // namespace url_shortener
