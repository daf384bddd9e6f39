#include "notifier/workers.h"

namespace notifier {
namespace {

// A worker belongs to its thread: it is stopped there.
common::Task<> stop_on(common::Executor executor, Worker& worker) {
  co_await boost::asio::co_spawn(executor, worker.stop(), common::use_task);
}

}  // namespace

Workers::Workers(common::Runtime& runtime, Worker::Dependencies dependencies, Worker::Options options)
    : runtime_(runtime) {
  for (const Lane lane : all_lanes) {
    const std::size_t thread = lane == Lane::bulk ? runtime.threads() - 1 : 0;
    seats_.push_back({thread, std::make_unique<Worker>(dependencies, options, lane, runtime.executor(thread))});
  }
}

void Workers::start() {
  for (auto& [thread, worker] : seats_) {
    const auto executor = runtime_.executor(thread);
    common::spawn(executor, "worker", worker->run());
    runtime_.on_shut_down("finish what is being delivered",
                          [executor, &mine = *worker] { return stop_on(executor, mine); });
  }
}

}  // namespace notifier
