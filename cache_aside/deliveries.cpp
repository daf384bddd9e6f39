#include "cache_aside/deliveries.h"

#include <exception>

#include "common/log.h"

namespace cache_aside {

bool Deliveries::begin(common::Executor executor, Delivery delivery) {
  {
    const std::lock_guard lock(mutex_);
    if (done_.contains(delivery.post) || begun_.contains(delivery.post) || line_.size() >= line_max) return false;
    begun_.emplace(delivery.post, delivery.note);
    if (under_way_ == at_a_time) {
      line_.push_back(delivery);
      return true;
    }
    ++under_way_;
  }
  common::spawn(executor, "deliver posts", work(delivery));
  return true;
}

// This one, then what has come into line meanwhile.
common::Task<> Deliveries::work(Delivery delivery) {
  for (;;) {
    bool certain = false;
    try {
      certain = co_await deliver_(delivery);
    } catch (const std::exception& error) {
      common::log::error("a post was not delivered: its row will be replayed", {{"reason", error.what()}});
    }
    const std::lock_guard lock(mutex_);
    begun_.erase(delivery.post);
    if (certain) done_.insert(delivery.post);
    if (done_.size() > done_max) done_.erase(done_.begin());
    if (certain && delivery.replayed) ++replayed_;
    if (line_.empty()) {
      --under_way_;
      co_return;
    }
    delivery = line_.front();
    line_.pop_front();
  }
}

bool Deliveries::has_begun(std::uint64_t post) const {
  const std::lock_guard lock(mutex_);
  return begun_.contains(post);
}

bool Deliveries::has_done(std::uint64_t post) const {
  const std::lock_guard lock(mutex_);
  return done_.contains(post);
}

std::vector<std::uint64_t> Deliveries::notes() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::uint64_t> ids;
  for (const auto& [post, note] : begun_) {
    if (note != 0) ids.push_back(note);
  }
  return ids;
}

std::size_t Deliveries::size() const {
  const std::lock_guard lock(mutex_);
  return begun_.size();
}

std::uint64_t Deliveries::replayed() const {
  const std::lock_guard lock(mutex_);
  return replayed_;
}

}  // namespace cache_aside
