// From the outbox to the queue: who is to be told, page by page.
//
// Four loops, each of which any number of processes may run beside others:
//
//   relay       single notifications and redriven deliveries
//   broadcasts  expands an audience in pages. A page is checkpointed after the queue has said that it is durable; a
//               crash between plans it again: at least once, by design, since the ledger takes each row once
//   digests     closes those whose window is over
//   sweep       what the ledger says was due for a while and nobody came: its message was lost in a crash
//
// Belongs to the thread of its executor; stop() returns when the loops have ended.

#pragma once

#include "common/runtime/runtime.h"
#include "notifier/ledger.h"
#include "notifier/notification_store.h"
#include "notifier/queue.h"
#include "notifier/user_store.h"

namespace notifier {

class Planner {
 public:
  struct Dependencies {
    Queue& queue;
    UserStore& users;
    NotificationStore& notifications;
    Ledger& ledger;
    const common::Clock& clock;
  };
  struct Options {
    std::size_t page = 5000;                // users
    std::chrono::milliseconds lease{8000};  // of what a planner has taken; then another may
    std::chrono::milliseconds look_every{20};
    std::chrono::seconds overdue_after{10};
    bool traced = false;  // broadcasts' messages carry their trace too
  };

  Planner(Dependencies dependencies, Options options, common::Executor executor);

  // Starts the loops; registers their end with the runtime.
  void start(common::Runtime& runtime);
  common::Task<> stop();

 private:
  using Step = common::Task<common::Result<bool>> (Planner::*)();  // whether there was anything to do
  common::Task<> repeat(std::string_view name, Step step, std::chrono::milliseconds pause);
  common::Task<common::Result<bool>> relay();
  common::Task<common::Result<bool>> plan_broadcast();
  common::Task<common::Result<bool>> close_digests();
  common::Task<common::Result<bool>> sweep();
  common::Task<common::Result<void>> plan_pages(OutboxEntry entry);

  const Dependencies d_;
  const Options options_;
  const common::Executor executor_;
  common::Timer ended_;
  int running_ = 0;
  bool stopping_ = false;
};

}  // namespace notifier
