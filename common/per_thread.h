// Cells that one thread writes and any thread reads: how to count a million events a second on
// every core without the cores' caches passing one line around.
//
// A shared atomic counter costs a locked instruction and, under contention, a cache miss each time.
// Here every thread has cells of its own, on lines of its own, changed by plain load and store
// (relaxed atomics, so that a reader on another thread sees whole values). Who wants the sum adds
// up all threads' cells.
//
//   1. A cell is written by the thread it was made for, and by no other.
//   2. A cell is published by a release store after it is constructed, and lives as long as its
//      owner here.
//   3. The mutex guards the list of threads: taken once by each new thread, and once by each call
//      of each() or each_cell().
//
// A cell is made when its thread first asks for it. The cells of a thread that ended stay (what it
// counted happened), so this is for threads that live about as long as the process.

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace common {

// For a relaxed cell with a single writer: read-modify-write without the lock prefix.
inline void add_single_writer(std::atomic<std::uint64_t>& cell, std::uint64_t by) noexcept {
  cell.store(cell.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
}

template <class Cell>
class PerThread {
 public:
  // `cells`: how many each thread may have. Costs one pointer each per thread; the cells come as
  // needed.
  explicit PerThread(std::size_t cells) : cells_(cells), id_(next_id()) {}
  PerThread(const PerThread&) = delete;
  PerThread& operator=(const PerThread&) = delete;

  std::size_t cells() const noexcept { return cells_; }

  // The calling thread's cell. index < cells(). May throw std::bad_alloc the first time only.
  Cell& local(std::size_t index) {
    auto& slots = local_slots();
    if (id_ >= slots.size() || slots[id_] == nullptr) slots_for_this_thread();
    std::atomic<Cell*>& slot = slots[id_][index];
    Cell* const cell = slot.load(std::memory_order_relaxed);
    return cell != nullptr ? *cell : make_cell(slot);
  }

  // Calls visit(const Cell&) for what each thread has of cell `index`. Any thread.
  template <class Visit>
  void each(std::size_t index, Visit visit) const {
    const std::lock_guard lock(mutex_);
    for (const auto& thread : threads_) {
      const Cell* const cell = thread->slots[index].load(std::memory_order_acquire);
      if (cell != nullptr) visit(*cell);
    }
  }

  // Calls visit(index, const Cell&) for every cell there is, thread by thread. Any thread.
  template <class Visit>
  void each_cell(Visit visit) const {
    const std::lock_guard lock(mutex_);
    for (const auto& thread : threads_) {
      for (std::size_t index = 0; index < cells_; ++index) {
        const Cell* const cell = thread->slots[index].load(std::memory_order_acquire);
        if (cell != nullptr) visit(index, *cell);
      }
    }
  }

 private:
  struct ThreadCells {
    explicit ThreadCells(std::size_t cells) : slots(std::make_unique<std::atomic<Cell*>[]>(cells)), count(cells) {}
    ~ThreadCells() {
      for (std::size_t i = 0; i < count; ++i)
        delete slots[i].load(std::memory_order_relaxed);
    }
    ThreadCells(const ThreadCells&) = delete;
    ThreadCells& operator=(const ThreadCells&) = delete;

    std::unique_ptr<std::atomic<Cell*>[]> slots;
    std::size_t count;
  };

  // This thread's slots in every PerThread<Cell>, by id. Ids are never used twice, so that the
  // entry of a destroyed PerThread is never looked at.
  static std::vector<std::atomic<Cell*>*>& local_slots() {
    thread_local std::vector<std::atomic<Cell*>*> slots;
    return slots;
  }
  static std::size_t next_id() {
    static std::atomic<std::size_t> next{0};
    return next.fetch_add(1, std::memory_order_relaxed);
  }

  void slots_for_this_thread() {
    auto& slots = local_slots();
    if (id_ >= slots.size()) slots.resize(id_ + 1, nullptr);
    auto mine = std::make_unique<ThreadCells>(cells_);
    auto* const made = mine->slots.get();
    const std::lock_guard lock(mutex_);
    threads_.push_back(std::move(mine));
    slots[id_] = made;
  }

  static Cell& make_cell(std::atomic<Cell*>& slot) {
    auto cell = std::make_unique<Cell>();
    slot.store(cell.get(), std::memory_order_release);
    return *cell.release();
  }

  const std::size_t cells_;
  const std::size_t id_;
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<ThreadCells>> threads_;
};

}  // namespace common
