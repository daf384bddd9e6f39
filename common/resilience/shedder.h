// Load shedding: more work at once than the server can carry is refused at the door, quickly and
// politely, so that what was let in is still answered in time. (Also called a bulkhead, or
// admission control.)
//
//   const Shedder::Ticket ticket = shedder.admit();
//   if (!ticket) return 503, Retry-After: Shedder::retry_after
//
// A server without a bound slows down for everybody at once until all time out: it works and nobody profits.
//
//   1. At most `max` tickets are out.
//   2. A ticket gives its place back exactly once, on whatever thread it dies.
//
// Thread-safe and lock-free: one compare-and-swap to enter, one subtraction to leave.

#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace common {

class Shedder {
 public:
  // What to tell the refused.
  static constexpr std::chrono::seconds retry_after{1};

  // Movable proof of admission; false when refused. Must not outlive its Shedder.
  class Ticket {
   public:
    Ticket() = default;
    Ticket(Ticket&& other) noexcept : shedder_(std::exchange(other.shedder_, nullptr)) {}
    Ticket& operator=(Ticket&& other) noexcept {
      Ticket taken(std::move(other));
      std::swap(shedder_, taken.shedder_);
      return *this;
    }
    ~Ticket() {
      if (shedder_ != nullptr) shedder_->inflight_.fetch_sub(1, std::memory_order_relaxed);
    }
    explicit operator bool() const noexcept { return shedder_ != nullptr; }

   private:
    friend class Shedder;
    explicit Ticket(Shedder* shedder) : shedder_(shedder) {}
    Shedder* shedder_ = nullptr;
  };

  explicit Shedder(std::size_t max) : max_(max) {}
  Shedder(const Shedder&) = delete;
  Shedder& operator=(const Shedder&) = delete;

  Ticket admit() noexcept {
    std::size_t now = inflight_.load(std::memory_order_relaxed);
    do {
      if (now >= max_) {
        refused_.fetch_add(1, std::memory_order_relaxed);
        return {};
      }
    } while (!inflight_.compare_exchange_weak(now, now + 1, std::memory_order_relaxed));
    return Ticket(this);
  }

  std::size_t inflight() const noexcept { return inflight_.load(std::memory_order_relaxed); }
  std::uint64_t refused() const noexcept { return refused_.load(std::memory_order_relaxed); }

 private:
  const std::size_t max_;
  alignas(64) std::atomic<std::size_t> inflight_{0};
  alignas(64) std::atomic<std::uint64_t> refused_{0};
};

}  // namespace common
