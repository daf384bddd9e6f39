#include "common/http/server.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <cstdio>
#include <cstdlib>

#include "common/log.h"

namespace common::http {
namespace {

constexpr std::chrono::seconds quiet_before_close{1};
constexpr std::chrono::milliseconds drain_tick{10};
constexpr std::chrono::milliseconds listen_tick{200};        // after which a listener without descriptors tries again
constexpr std::chrono::milliseconds handshake_patience{50};  // for handshakes that have begun
constexpr std::chrono::seconds cancel_patience{2};

}  // namespace

Server::Server(Runtime& runtime, const Options& options, Service& service)
    : runtime_(runtime),
      options_(options),
      listener_(options.host, options.port),
      signals_(runtime.context(0)),
      stopped_(runtime.context(0), Timer::time_point::max()) {
  for (std::size_t i = 0; i < runtime.threads(); ++i) {
    workers_.push_back(std::make_unique<Worker>(runtime.context(i), service, options.limits, options_.tls.get()));
  }
}

Server::~Server() = default;

std::string Server::url() const {
  return (options_.tls ? "https://" : "http://") + listener_.host() + ":" + std::to_string(listener_.port());
}

std::string Server::local_url() const {
  const bool all = listener_.host() == "0.0.0.0" || listener_.host() == "[::]";
  return (options_.tls ? "https://" : "http://") + (all ? "127.0.0.1" : listener_.host()) + ":" +
         std::to_string(listener_.port());
}

std::size_t Server::connections() const noexcept {
  std::size_t sum = 0;
  for (const auto& worker : workers_)
    sum += worker->connections();
  return sum;
}

std::size_t Server::tasks() const noexcept {
  std::size_t sum = 0;
  for (const auto& worker : workers_)
    sum += worker->tasks();
  return sum;
}

// To the worker with the fewest connections; on a tie to the next in turn, or short connections would all go to one.
void Server::deal(int fd, std::string peer_address) {
  if (connections() >= options_.max_connections) return refuse(fd);
  std::size_t chosen = turn_ = (turn_ + 1) % workers_.size();
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    if (workers_[i]->connections() < workers_[chosen]->connections()) chosen = i;
  }
  Worker& worker = *workers_[chosen];
  worker.reserve_place();
  if (chosen == 0) return worker.adopt(fd, std::move(peer_address));
  asio::post(worker.executor(),
             [&worker, fd, peer = std::move(peer_address)]() mutable { worker.adopt(fd, std::move(peer)); });
}

// Best effort: what the client sends after this has been read would turn the close into a reset.
void Server::refuse(int fd) {
  refused_.fetch_add(1, std::memory_order_relaxed);
  if (const auto now = std::chrono::steady_clock::now(); now >= refusal_said_until_) {
    log::warn("connections refused: as many as --max-connections are open", {{"since_start", refused()}});
    refusal_said_until_ = now + std::chrono::seconds{1};
  }
  if (!options_.tls) {
    WriteOptions how;
    how.keep_alive = false;
    how.date = workers_[0]->date();
    std::string out;
    write_response(error(503, "TOO_MANY_CONNECTIONS", "this server has as many connections as it takes")
                       .header("Retry-After", "1"),
                   how, out);
    ::send(fd, out.data(), out.size(), MSG_NOSIGNAL);
    ::shutdown(fd, SHUT_WR);
    ::recv(fd, out.data(), out.size(), 0);
  }
  ::close(fd);
}

Task<void> Server::serve() {
  listener_.start(workers_[0]->poller(), [this](int fd, std::string peer) { deal(fd, std::move(peer)); });
  signals_.add(SIGTERM);
  signals_.add(SIGINT);
  std::printf("listening %s\n", url().c_str());
  std::fflush(stdout);
  log::info("listening", {{"url", url()}, {"threads", workers_.size()}});
  if (const auto descriptors = raise_descriptor_limit(); descriptors < options_.max_connections) {
    log::warn("fewer descriptors than --max-connections", {{"descriptors", descriptors}});
  }
  co_await wait_for_stop();
  signals_.async_wait([](boost::system::error_code cancelled, int) {
    if (!cancelled) std::_Exit(130);  // asked twice: at once
  });
  co_await drain();
  const auto step_limit = std::max<std::chrono::nanoseconds>(options_.drain_timeout, std::chrono::seconds{5});
  const bool all_ended = co_await runtime_.shut_down(step_limit);
  on_each_worker([](Worker& worker) { worker.stop(); });
  if (tasks() > 0 || !all_ended) {  // taking apart what is still in use would be worse than leaving it without a word
    log::error("ending although work is left", {{"handlers", tasks()}});
    std::_Exit(1);
  }
  boost::system::error_code ignored;  // nothing is left to wait for
  signals_.cancel(ignored);
  log::info("stopped", {});
}

Task<void> Server::wait_for_stop() {
  signals_.async_wait([this](boost::system::error_code cancelled, int) {
    if (cancelled) return;
    draining_ = true;
    stopped_.cancel();
  });
  while (!draining()) {
    boost::system::error_code woken;
    stopped_.expires_after(listen_tick);
    co_await stopped_.async_wait(asio::redirect_error(use_task, woken));
    listener_.retry();
  }
}

void Server::stop() {
  asio::post(runtime_.executor(0), [this] {
    draining_ = true;
    stopped_.cancel();
  });
}

void Server::on_each_worker(const std::function<void(Worker&)>& action) {
  action(*workers_[0]);  // drain and serve run on thread 0
  for (std::size_t i = 1; i < workers_.size(); ++i) {
    asio::post(workers_[i]->executor(), [action, worker = workers_[i].get()] { action(*worker); });
  }
}

Task<void> Server::drain() {
  log::info("draining; a second signal ends at once", {{"connections", connections()}});
  on_each_worker([](Worker& worker) { worker.start_draining(quiet_before_close); });
  const auto end_of_delay = std::chrono::steady_clock::now() + options_.drain_delay;
  while (std::chrono::steady_clock::now() < end_of_delay) {
    co_await sleep_for(
        std::min<std::chrono::nanoseconds>(end_of_delay - std::chrono::steady_clock::now(), listen_tick));
    listener_.retry();
  }
  listener_.refuse_new();
  co_await sleep_for(handshake_patience);
  listener_.stop();
  const auto deadline = std::chrono::steady_clock::now() + options_.drain_timeout;
  while (connections() + tasks() > 0 && std::chrono::steady_clock::now() < deadline)
    co_await sleep_for(drain_tick);
  if (connections() + tasks() == 0) co_return;
  log::warn("drain timeout: closing what is left", {{"connections", connections()}});
  on_each_worker([](Worker& worker) { worker.close_all(); });
  // Handlers refer to what main() is about to take apart: wait for the cancelled ones to end.
  const auto patience = std::chrono::steady_clock::now() + cancel_patience;
  while (tasks() > 0 && std::chrono::steady_clock::now() < patience)
    co_await sleep_for(drain_tick);
}

std::size_t raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

}  // namespace common::http
