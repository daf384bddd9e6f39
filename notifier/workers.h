// A process's workers: one for each lane, started and stopped together.
//
// They are spread over the threads so that the bulk lane, whose batches keep a thread busy for milliseconds, shares
// its thread with nobody where there are two or more.

#pragma once

#include <memory>
#include <vector>

#include "common/runtime/runtime.h"
#include "notifier/worker.h"

namespace notifier {

class Workers {
 public:
  Workers(common::Runtime& runtime, Worker::Dependencies dependencies, Worker::Options options);

  // Starts them; registers their end with the runtime.
  void start();

 private:
  common::Runtime& runtime_;
  struct Seat {
    std::size_t thread;
    std::unique_ptr<Worker> worker;
  };
  std::vector<Seat> seats_;
};

}  // namespace notifier
