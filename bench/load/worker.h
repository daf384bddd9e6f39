// One thread of load: an epoll loop over its share of the connections.
//
// Lean on purpose: one recv, one send and one look at the clock a request, so that the client is no
// dearer than the server it measures. In the open loop it spins through the last millisecond before
// a request is due, because a timer that fires late would be counted as the server's latency: it
// wants a core of its own.

#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "bench/load/connection.h"
#include "bench/load/pacer.h"
#include "bench/load/report.h"
#include "bench/load/request.h"

namespace bench::load {

class Worker {
 public:
  struct Options {
    Address address;
    Request request;
    unsigned connections = 1;
    int expected_status = 0;         // 0: any below 400
    std::uint64_t first_number = 0;  // of the request's {n}; each further one adds number_step
    std::uint64_t number_step = 1;
  };

  explicit Worker(Options options);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Opens all connections that are not open. Throws std::runtime_error if one cannot be within
  // `patience`.
  void connect(common::Duration patience);

  // Sends what `pacer` says, until it is finished and all is answered, or `patience` after its end.
  LoadReport run(Pacer pacer, common::Duration patience);

 private:
  void send_due(common::Instant now);
  void start(Connection& connection, common::Instant now);
  void wait(common::Instant now, common::Instant give_up);
  void handle(Connection& connection, std::uint32_t events);
  void after(Connection& connection, Progress progress, common::Instant now);
  void count_break(const Connection& connection);
  void count_answer(const Connection& connection, common::Instant now);
  bool reopen(Connection& connection);
  void watch(Connection& connection, int operation);
  void abandon(common::Instant now);
  std::size_t open_connections() const;

  Options options_;
  int epoll_ = -1;
  std::vector<Connection> connections_;
  std::deque<Connection*> idle_;
  std::string buffer_;
  Pacer pacer_ = Pacer::closed_loop({}, {});  // of the current run
  LoadReport report_;
  std::size_t busy_ = 0;
  std::size_t failures_in_a_row_ = 0;  // past a limit, lost connections are not opened again
  std::uint64_t sent_ = 0;
};

}  // namespace bench::load
