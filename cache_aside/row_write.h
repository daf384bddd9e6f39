// One change of one row, as the write policies see it (write_policy.h): runs the store's call through the gate, keeps
// what it answered, and tells the policy the part that concerns the cache.

#pragma once

#include <functional>
#include <utility>

#include "cache_aside/store_gate.h"
#include "cache_aside/user.h"
#include "cache_aside/write_policy.h"

namespace cache_aside {

template <class T>
class RowWrite final : public Write {
 public:
  using Outcome = common::Result<EditOutcome<T>>;
  using Commit = std::function<common::Task<Outcome>(bool noted)>;
  using Enqueue = std::function<common::Task<Outcome>()>;

  // `removes`: afterwards there is no such row. Without `enqueue` a change is made at once, whatever the policy.
  RowWrite(std::string key, StoreGate& gate, bool removes, Commit commit, Enqueue enqueue = nullptr)
      : key_(std::move(key)),
        gate_(gate),
        removes_(removes),
        commit_(std::move(commit)),
        enqueue_(std::move(enqueue)) {}

  const std::string& key() const noexcept override { return key_; }
  common::Task<common::Result<Written>> commit(bool noted) override {
    outcome_ = co_await gate_.run([&] { return commit_(noted); });
    co_return written();
  }
  common::Task<common::Result<Written>> enqueue() override {
    if (!enqueue_) co_return co_await commit(false);
    outcome_ = co_await gate_.run([&] { return enqueue_(); });
    co_return written();
  }

  Outcome take_outcome() { return std::move(outcome_); }

 private:
  common::Result<Written> written() const {
    if (outcome_.has_error()) return outcome_.error();
    const auto* const stored = std::get_if<Stored<T>>(&*outcome_);
    if (!stored) return Written{};
    Written written{true, stored->row.version, std::nullopt, stored->note};
    if (!removes_) written.value = to_json(stored->row);
    return written;
  }

  const std::string key_;
  StoreGate& gate_;
  const bool removes_;
  const Commit commit_;
  const Enqueue enqueue_;
  Outcome outcome_ = common::Error{};
};

}  // namespace cache_aside
