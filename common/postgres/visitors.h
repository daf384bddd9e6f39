// Counts those who are inside, so that a door can be closed behind the last one.
//
//   const Visitors::Visit visit(visitors);     in each coroutine that uses what is to be closed
//   co_await visitors.gone();                  goes on when no Visit is left
//
// Belongs to one thread; one coroutine at a time may wait.

#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "common/runtime/park.h"

namespace common::postgres {

class Visitors {
  struct Room {
    std::size_t inside = 0;
    std::optional<Parked> waiting = {};
  };

 public:
  // Shares the count, because a coroutine that is destroyed instead of resumed may go after the Visitors.
  class Visit {
   public:
    explicit Visit(const Visitors& visitors) : room_(visitors.room_) { ++room_->inside; }
    ~Visit() {
      if (--room_->inside > 0 || !room_->waiting) return;
      std::vector<Parked> last;
      last.push_back(*std::exchange(room_->waiting, std::nullopt));
      resume(std::move(last));
    }
    Visit(const Visit&) = delete;
    Visit& operator=(const Visit&) = delete;

   private:
    const std::shared_ptr<Room> room_;
  };

  Task<> gone() {
    if (room_->inside == 0) co_return;
    const Executor executor = co_await asio::this_coro::executor;
    co_await park(executor, [this](Parked self) { room_->waiting.emplace(std::move(self)); });
  }

 private:
  const std::shared_ptr<Room> room_ = std::make_shared<Room>();
};

}  // namespace common::postgres
