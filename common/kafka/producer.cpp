#include "common/kafka/producer.h"

#include <mutex>

#include "common/kafka/handle.h"
#include "common/log.h"

namespace common::kafka {
namespace {

constexpr std::chrono::milliseconds full_pause{2};

// One send(), while its records are under way. Lives in the frame of its coroutine.
struct Sending {
  std::mutex mutex;  // guards what follows
  std::size_t waiting = 0;
  std::optional<Error> failure;
  std::optional<Parked> parked;  // once all records were handed over
};

// The worst outcome stands: what may have been written is worse than what was not.
void note(Sending& sending, rd_kafka_resp_err_t code, rd_kafka_msg_status_t status) {
  Error error = to_error(code);
  if (status == RD_KAFKA_MSG_STATUS_POSSIBLY_PERSISTED) error.kind = Failure::unknown_outcome;
  if (!sending.failure || error.kind == Failure::unknown_outcome) sending.failure = std::move(error);
}

}  // namespace

struct Producer::State {
  State(Executor on, const ProducerOptions& options)
      : executor(on), handle(make(options)), queue(rd_kafka_queue_get_main(handle.get())), waker(on, queue.get()) {}

  static HandlePtr make(const ProducerOptions& options) {
    Settings settings{{"bootstrap.servers", options.brokers},
                      {"enable.idempotence", "true"},
                      {"linger.ms", std::to_string(options.linger.count())},
                      {"message.timeout.ms", std::to_string(options.deadline.count())},
                      {"queue.buffering.max.messages", std::to_string(options.queue_max)},
                      {"compression.type", options.compression}};
    settings.insert(settings.end(), options.more.begin(), options.more.end());
    auto conf = make_conf(settings);
    rd_kafka_conf_set_events(conf.get(), RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR);
    return make_handle(RD_KAFKA_PRODUCER, std::move(conf));
  }

  const Executor executor;
  HandlePtr handle;
  QueuePtr queue;
  QueueWaker waker;
  std::atomic<std::uint64_t> acknowledged{0};
  std::atomic<std::uint64_t> given_up{0};
  std::atomic<std::size_t> under_way{0};
  std::atomic<bool> stopping{false};
  bool running = true;

  // False: there is no room now.
  bool hand_over(const Record& record, Sending& sending);
  void report(const rd_kafka_message_t& message, std::vector<Parked>& woken);
};

bool Producer::State::hand_over(const Record& record, Sending& sending) {
  {
    const std::lock_guard lock(sending.mutex);
    ++sending.waiting;
  }
  ++under_way;
  rd_kafka_headers_t* headers = nullptr;
  if (!record.traceparent.empty()) {
    headers = rd_kafka_headers_new(1);
    rd_kafka_header_add(headers, "traceparent", -1, record.traceparent.data(),
                        static_cast<ssize_t>(record.traceparent.size()));
  }
  rd_kafka_vu_t parts[8];
  std::size_t n = 0;
  parts[n].vtype = RD_KAFKA_VTYPE_TOPIC;
  parts[n++].u.cstr = record.topic.c_str();
  parts[n].vtype = RD_KAFKA_VTYPE_PARTITION;
  parts[n++].u.i32 = record.partition;
  parts[n].vtype = RD_KAFKA_VTYPE_KEY;
  parts[n].u.mem.ptr = const_cast<char*>(record.key.data());
  parts[n++].u.mem.size = record.key.size();
  parts[n].vtype = RD_KAFKA_VTYPE_VALUE;
  parts[n].u.mem.ptr = const_cast<char*>(record.value.data());
  parts[n++].u.mem.size = record.value.size();
  parts[n].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
  parts[n++].u.i = RD_KAFKA_MSG_F_COPY;
  parts[n].vtype = RD_KAFKA_VTYPE_OPAQUE;
  parts[n++].u.ptr = &sending;
  if (headers) {
    parts[n].vtype = RD_KAFKA_VTYPE_HEADERS;
    parts[n++].u.headers = headers;
  }
  const ErrorPtr error(rd_kafka_produceva(handle.get(), parts, n));
  if (!error) return true;
  if (headers) rd_kafka_headers_destroy(headers);
  --under_way;
  const auto code = rd_kafka_error_code(error.get());
  const std::lock_guard lock(sending.mutex);
  --sending.waiting;
  if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL) return false;
  note(sending, code, RD_KAFKA_MSG_STATUS_NOT_PERSISTED);
  return true;
}

void Producer::State::report(const rd_kafka_message_t& message, std::vector<Parked>& woken) {
  auto& sending = *static_cast<Sending*>(message._private);
  const bool written = message.err == RD_KAFKA_RESP_ERR_NO_ERROR;
  (written ? acknowledged : given_up).fetch_add(1, std::memory_order_relaxed);
  --under_way;
  const std::lock_guard lock(sending.mutex);
  if (!written) note(sending, message.err, rd_kafka_message_status(&message));
  if (--sending.waiting == 0 && sending.parked) {
    woken.push_back(std::move(*sending.parked));
    sending.parked.reset();
  }
}

Producer::Producer(Executor executor, ProducerOptions options) : state_(std::make_shared<State>(executor, options)) {
  spawn(executor, "kafka delivery reports", answer_reports(state_));
}

Producer::~Producer() = default;

Task<> Producer::answer_reports(std::shared_ptr<State> state) {
  constexpr std::size_t events_max = 64;  // before others have a turn
  while (!state->stopping || state->under_way > 0) {
    std::vector<Parked> woken;
    std::size_t events = 0;
    while (events < events_max) {
      const EventPtr event(rd_kafka_queue_poll(state->queue.get(), 0));
      if (!event) break;
      ++events;
      while (const auto* message = rd_kafka_event_message_next(event.get()))
        state->report(*message, woken);
    }
    resume(std::move(woken));
    if (events == events_max) {
      co_await asio::post(state->executor, use_task);
    } else if (state->stopping) {
      co_await sleep_for(std::chrono::milliseconds{2});
    } else {
      co_await state->waker.wait(std::chrono::seconds{1});
    }
  }
  state->running = false;
}

Task<Result<void>> Producer::send(std::vector<Record> records) {
  if (records.empty()) co_return Result<void>{};
  if (state_->stopping) co_return Error{Failure::closed, "the producer is closed"};
  Sending sending;
  for (const auto& record : records) {
    while (!state_->hand_over(record, sending))
      co_await sleep_for(full_pause);
  }
  const Executor executor = co_await asio::this_coro::executor;
  co_await park(executor, [&](Parked self) {
    std::unique_lock lock(sending.mutex);
    if (sending.waiting > 0) {
      sending.parked.emplace(std::move(self));
      return;
    }
    lock.unlock();
    std::vector<Parked> now;
    now.push_back(std::move(self));
    resume(std::move(now));
  });
  // The report that woke us held the lock: it has let go of it before this frame ends.
  const std::lock_guard lock(sending.mutex);
  if (sending.failure) co_return *sending.failure;
  co_return Result<void>{};
}

Task<> Producer::stop() {
  state_->stopping = true;
  state_->waker.stop();
  while (state_->running)
    co_await sleep_for(std::chrono::milliseconds{2});
}

std::uint64_t Producer::acknowledged() const noexcept {
  return state_->acknowledged.load(std::memory_order_relaxed);
}

std::uint64_t Producer::given_up() const noexcept {
  return state_->given_up.load(std::memory_order_relaxed);
}

}  // namespace common::kafka
