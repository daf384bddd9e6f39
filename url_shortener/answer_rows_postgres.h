// The statements about idempotent requests: the answers that are kept, and on shards the keys that belong to requests.

#pragma once

#include <optional>
#include <string>

#include "url_shortener/link_rows_postgres.h"

namespace url_shortener::rows {

Outcome<std::optional<IdempotentAnswer>> find_answer(Pool& pool, const std::string& scope, const std::string& key,
                                                     common::TimePoint now);
// Keeps the answer, or gives the one that is kept already; waits for whoever is about to keep one. Also forgets a few
// that are too old: two for each one kept, so they never pile up and no sweep is needed.
Outcome<std::optional<IdempotentAnswer>> keep_answer(Transaction& transaction, const IdempotentAnswer& answer,
                                                     common::TimePoint now);
Outcome<void> replace_answer(Transaction& transaction, const IdempotentAnswer& answer);
Outcome<void> forget_answer(Transaction& transaction, const IdempotentAnswer& answer);

// Ties a key to the hash of its request, for 24 h; false when another request has it. Old ones are forgotten likewise.
// In a transaction: whoever else would tie the key waits for its end.
Outcome<bool> bind_key(Pool& pool, const IdempotentAnswer& answer, common::TimePoint now);
Outcome<bool> bind_key(Transaction& transaction, const IdempotentAnswer& answer, common::TimePoint now);
Outcome<void> unbind_key(Pool& pool, const IdempotentAnswer& answer);
Outcome<void> unbind_key(Transaction& transaction, const IdempotentAnswer& answer);

}  // namespace url_shortener::rows
