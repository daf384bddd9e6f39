// Takes messages of one lane, writes the ledger, and sends.
//
//   take ──▶ rule (send_rules.h) ──▶ begin: rows `attempting` and the offset, one commit ──▶ send ──▶ finish
//
//   1. Batches begin in the order of their offsets, one after the other; they are sent and finished beside that, at
//      most `under_way_max` at a time. So the commit of one batch's end is that of the next one's beginning.
//   2. A partition that is revoked is drained: nothing of it is under way when it goes (queue.h). The next owner would
//      otherwise find rows attempting that are well, and send them again.
//   3. What a dead owner left attempting is taken over with the partition: by its channel's policy sent again, under
//      the same key, or given up as ambiguous.
//   4. Outcomes are committed before a repetition is published. A crash between is repaired by the planner's sweep.
//
// Belongs to the thread of its executor. run() once; stop() returns when everything is finished and given back.

#pragma once

#include <map>
#include <memory>

#include "notifier/dispatcher.h"
#include "notifier/guarantee.h"
#include "notifier/ledger.h"
#include "notifier/notification_store.h"
#include "notifier/queue.h"
#include "notifier/quota.h"
#include "notifier/send_rules.h"
#include "notifier/user_store.h"

namespace notifier {

class Worker {
 public:
  struct Dependencies {
    Queue& queue;
    UserStore& users;
    NotificationStore& notifications;
    Ledger& ledger;
    Dispatcher& dispatcher;
    const Categories& categories;
    const std::map<Channel, Quota>& quotas;
    const common::Clock& clock;
  };
  struct Options {
    Guarantee guarantee = Guarantee::exactly_once;
    std::size_t batch_max = 1000;   // messages
    std::size_t under_way_max = 4;  // batches
  };

  Worker(Dependencies dependencies, Options options, Lane lane, common::Executor executor);

  common::Task<> run();
  common::Task<> stop();

 private:
  // What one message is about, as it is now.
  struct Context {
    std::shared_ptr<const Notification> notification;
    std::optional<KnownUser> user;
    bool superseded = false;
  };
  struct Batch {
    Position position;
    std::vector<Proposal> proposals;
    std::vector<Attempt> attempts;  // for each proposal; of those that are not sent unused
    std::vector<Message> deferred;  // wait for their time
  };
  using Contexts = std::vector<Context>;
  // Of what is under way.
  struct End {
    Worker& worker;
    int partition;
    ~End();
  };

  common::Task<common::Result<std::int64_t>> assigned(int partition);
  common::Task<> revoked(int partition);
  common::Task<common::Result<void>> take_over(int partition, const Claim& claim);
  common::Task<common::Result<void>> take_over_part(Position position, const std::vector<Stranded>& part);
  common::Task<> process(std::vector<Received> received);
  common::Task<bool> process_part(const std::vector<Message>& part, Position position);
  common::Task<common::Result<Contexts>> look_up(const std::vector<Message>& messages);
  void propose(const Message& message, const Context& context, Batch& batch) const;
  common::Task<bool> wait_for_quota(const std::vector<Message>& part);
  std::size_t batch_size() const;
  std::size_t part_size(const std::vector<Message>& messages) const;
  common::Task<> send_batch(Batch batch, std::vector<std::uint32_t> attempts);
  common::Task<bool> send_first(Batch& batch);
  common::Task<> send_channel(int partition, Channel channel, std::vector<Attempt> attempts);
  common::Task<std::vector<Finish>> outcomes_of(Channel channel, std::vector<Attempt>& attempts);
  common::Task<> conclude(std::vector<Finish> outcomes, const std::vector<Attempt>& attempts);
  common::Task<bool> begin_until_done(const Position& position, const Batch& batch, Begun& begun);
  common::Task<> publish_later(std::vector<Message> messages);
  void began(int partition) { ++under_way_[partition]; }
  void ended(int partition);
  std::size_t under_way() const;
  common::Task<> wait_for_change();

  const Dependencies d_;
  const Options options_;
  const Lane lane_;
  const common::Executor executor_;
  std::unique_ptr<QueueReader> reader_;
  std::map<int, std::int64_t> generations_;  // of the partitions that are ours
  std::map<int, std::size_t> under_way_;     // groups being sent
  common::Timer changed_;                    // cancelled when a group ends
  common::Timer stopped_;
  bool stopping_ = false;
  bool running_ = false;
};

}  // namespace notifier
