#include "common/kafka/client.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <boost/asio/redirect_error.hpp>
#include <cerrno>
#include <system_error>

#include "common/kafka/handle.h"
#include "common/log.h"

namespace common::kafka {
namespace {

void write_log(const rd_kafka_t*, int level, const char* facility, const char* text) {
  constexpr int notice = 5;  // syslog's
  if (level < notice) log::warn("kafka", {{"facility", facility}, {"text", text}});
}

int make_event() {
  const int event = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (event < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  return event;
}

}  // namespace

Result<std::string> parse_brokers(std::string_view url) {
  constexpr std::string_view scheme = "kafka://";
  const Error wrong{Failure::invalid, "must be kafka://HOST:PORT, with a comma between several"};
  if (!url.starts_with(scheme) || url.size() == scheme.size()) return wrong;
  const auto brokers = url.substr(scheme.size());
  std::size_t begin = 0;
  while (begin <= brokers.size()) {
    const auto end = std::min(brokers.find(',', begin), brokers.size());
    const auto broker = brokers.substr(begin, end - begin);
    const auto colon = broker.rfind(':');
    const bool port = colon != std::string_view::npos && colon > 0 && colon + 1 < broker.size() &&
                      broker.find_first_not_of("0123456789", colon + 1) == std::string_view::npos;
    if (!port || broker.find('/') != std::string_view::npos) return wrong;
    begin = end + 1;
  }
  return std::string(brokers);
}

ConfPtr make_conf(const Settings& settings) {
  ConfPtr conf(rd_kafka_conf_new());
  rd_kafka_conf_set_log_cb(conf.get(), write_log);
  char reason[512];
  for (const auto& [name, value] : settings) {
    if (rd_kafka_conf_set(conf.get(), name.c_str(), value.c_str(), reason, sizeof reason) != RD_KAFKA_CONF_OK) {
      throw std::runtime_error(std::string("kafka: ") + reason);
    }
  }
  return conf;
}

HandlePtr make_handle(rd_kafka_type_t type, ConfPtr conf) {
  char reason[512];
  HandlePtr handle(rd_kafka_new(type, conf.get(), reason, sizeof reason));
  if (!handle) throw std::runtime_error(std::string("kafka: ") + reason);
  static_cast<void>(conf.release());  // the handle has it now
  return handle;
}

Error to_error(rd_kafka_resp_err_t code) {
  Failure kind = Failure::internal;
  switch (code) {
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS:
      kind = Failure::unavailable;
      break;
    case RD_KAFKA_RESP_ERR__QUEUE_FULL:
      kind = Failure::overloaded;
      break;
    case RD_KAFKA_RESP_ERR__PURGE_QUEUE:
    case RD_KAFKA_RESP_ERR__DESTROY:
      kind = Failure::closed;
      break;
    case RD_KAFKA_RESP_ERR__PURGE_INFLIGHT:
      kind = Failure::unknown_outcome;
      break;
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
      kind = Failure::invalid;
      break;
    default:
      break;
  }
  return {kind, std::string("kafka: ") + rd_kafka_err2str(code)};
}

QueueWaker::QueueWaker(Executor executor, rd_kafka_queue_s* queue)
    : queue_(queue), event_(executor, make_event()), limit_(executor) {
  const std::uint64_t one = 1;
  rd_kafka_queue_io_event_enable(queue_, event_.native_handle(), &one, sizeof one);
}

QueueWaker::~QueueWaker() {
  rd_kafka_queue_io_event_enable(queue_, -1, nullptr, 0);
}

// librdkafka writes when the queue goes from empty to not empty: whoever drained it first misses nothing.
Task<> QueueWaker::wait(std::chrono::nanoseconds limit) {
  if (stopped_) co_return;
  limit_.expires_after(limit);
  limit_.async_wait([this](boost::system::error_code cancelled) {
    if (!cancelled) event_.cancel();
  });
  boost::system::error_code ignored;
  co_await event_.async_wait(boost::asio::posix::descriptor_base::wait_read,
                             boost::asio::redirect_error(use_task, ignored));
  limit_.cancel();
  std::uint64_t count = 0;
  [[maybe_unused]] const auto read = ::read(event_.native_handle(), &count, sizeof count);  // empty: it was the limit
}

void QueueWaker::stop() {
  stopped_ = true;
  limit_.cancel();
  event_.cancel();
}

Task<> run_blocking(std::function<void()> work) {
  std::exception_ptr failure;
  std::thread thread;
  const Executor executor = co_await asio::this_coro::executor;
  co_await park(executor, [&](Parked self) {
    thread = std::thread([&work, &failure, parked = std::move(self)]() mutable {
      try {
        work();
      } catch (...) {
        failure = std::current_exception();
      }
      std::vector<Parked> one;
      one.push_back(std::move(parked));
      resume(std::move(one));
    });
  });
  thread.join();
  if (failure) std::rethrow_exception(failure);
}

void create_topics(const std::string& brokers, const std::vector<TopicSpec>& topics) {
  constexpr int limit_ms = 5'000;
  const auto handle = make_handle(RD_KAFKA_PRODUCER, make_conf({{"bootstrap.servers", brokers}}));
  const QueuePtr queue(rd_kafka_queue_new(handle.get()));
  char reason[512];
  std::vector<rd_kafka_NewTopic_t*> wanted;
  for (const auto& topic : topics) {
    auto* made = rd_kafka_NewTopic_new(topic.name.c_str(), topic.partitions, -1, reason, sizeof reason);
    if (made) wanted.push_back(made);
  }
  auto* options = rd_kafka_AdminOptions_new(handle.get(), RD_KAFKA_ADMIN_OP_CREATETOPICS);
  rd_kafka_AdminOptions_set_request_timeout(options, limit_ms, reason, sizeof reason);
  rd_kafka_CreateTopics(handle.get(), wanted.data(), wanted.size(), options, queue.get());
  const EventPtr event(rd_kafka_queue_poll(queue.get(), limit_ms + 1000));
  rd_kafka_AdminOptions_destroy(options);
  rd_kafka_NewTopic_destroy_array(wanted.data(), wanted.size());
  if (!event) throw std::runtime_error("kafka: no answer from " + brokers);
  if (rd_kafka_event_error(event.get()) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    throw std::runtime_error("kafka: " + brokers + ": " + rd_kafka_event_error_string(event.get()));
  }
  std::size_t count = 0;
  const auto* results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto code = rd_kafka_topic_result_error(results[i]);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) continue;
    throw std::runtime_error(std::string("kafka: topic ") + rd_kafka_topic_result_name(results[i]) + ": " +
                             rd_kafka_err2str(code));
  }
}

}  // namespace common::kafka
