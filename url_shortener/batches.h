// Many coroutines' writes in few statements: what queues while statements are under way leaves in the next one.
//
// A database makes a write durable by asking its disk, and one statement of a hundred rows asks as often as one of a
// single row. So rows that arrive while the statements of this thread are under way wait, and leave together as soon as
// one has ended; the slower the disk, the larger the batches, and one row alone waits for nobody.
//
//   1. Each item gets its own outcome, in the order of the batch. An error is everybody's in that batch: it must be one
//      of the store, never of a single row.
//   2. At most `under_way_max` batches at a time, of at most `size_max` items each.
//   3. With `waiting_max` items waiting one more is refused, `overloaded`: nothing was done.
//
// Belongs to one thread, and must outlive its coroutines.

#pragma once

#include <boost/asio/post.hpp>
#include <deque>
#include <exception>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "common/result.h"
#include "common/runtime/park.h"
#include "common/runtime/task.h"

namespace url_shortener {

template <class Item, class Outcome>
class Batches {
 public:
  struct Options {
    std::size_t under_way_max = 1;
    std::size_t size_max = 500;
    std::size_t waiting_max = 10'000;
  };
  // Writes a batch; as many outcomes as items.
  using Write = std::function<common::Task<common::Result<std::vector<Outcome>>>(std::vector<Item>)>;

  Batches(Options options, Write write) : options_(options), write_(std::move(write)) {}

  common::Task<common::Result<Outcome>> add(Item item) {
    if (waiting_.size() >= options_.waiting_max) {
      co_return common::Error{common::Failure::overloaded, "too many writes wait for the database"};
    }
    const auto executor = co_await common::asio::this_coro::executor;
    Waiter waiter{std::move(item), std::nullopt, std::nullopt};
    waiting_.push_back(&waiter);
    if (under_way_ < options_.under_way_max) {
      ++under_way_;
      common::spawn(executor, "write batches", write_all());
    }
    co_await common::park(executor, [&](common::Parked self) { waiter.parked.emplace(std::move(self)); });
    co_return *std::move(waiter.outcome);
  }

 private:
  struct Waiter {
    Item item;
    std::optional<common::Parked> parked;
    std::optional<common::Result<Outcome>> outcome;
  };

  common::Task<> write_all() {
    const auto executor = co_await common::asio::this_coro::executor;
    while (!waiting_.empty()) {
      co_await common::asio::post(executor, common::use_task);  // whoever else has something this turn comes along
      std::vector<Waiter*> batch;
      for (; !waiting_.empty() && batch.size() < options_.size_max; waiting_.pop_front())
        batch.push_back(waiting_.front());
      if (!batch.empty()) hand_out(batch, co_await write(batch));
    }
    --under_way_;
  }

  common::Task<common::Result<std::vector<Outcome>>> write(const std::vector<Waiter*>& batch) {
    std::vector<Item> items;
    items.reserve(batch.size());
    for (Waiter* each : batch)
      items.push_back(std::move(each->item));
    try {
      auto outcomes = co_await write_(std::move(items));
      if (outcomes.has_error() || outcomes->size() == batch.size()) co_return outcomes;
      co_return common::Error{common::Failure::internal, "a batch was answered in part"};
    } catch (const std::exception& failure) {
      co_return common::Error{common::Failure::internal, failure.what()};
    }
  }

  static void hand_out(const std::vector<Waiter*>& batch, common::Result<std::vector<Outcome>> outcomes) {
    std::vector<common::Parked> woken;
    woken.reserve(batch.size());
    for (std::size_t i = 0; i < batch.size(); ++i) {
      Waiter& waiter = *batch[i];
      if (outcomes) {
        waiter.outcome.emplace(std::move((*outcomes)[i]));
      } else {
        waiter.outcome.emplace(outcomes.error());
      }
      woken.push_back(*std::exchange(waiter.parked, std::nullopt));
    }
    common::resume(std::move(woken));
  }

  const Options options_;
  const Write write_;
  std::deque<Waiter*> waiting_;
  std::size_t under_way_ = 0;
};

}  // namespace url_shortener
