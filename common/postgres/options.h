// What a Pool is told: where the server is, how many connections, how long to wait, how much to hold.

#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "common/clock.h"
#include "common/resilience/backoff.h"

namespace common::postgres {

struct Options {
  std::string url;  // postgres://user:password@host:port/database?option=value, as libpq reads it

  // Statements that each new session runs before anything else, such as taking a lock that it holds for its life. One
  // that answers a text says why the session may not be used (NULL: it may); that is a failed attempt to connect.
  std::string session_begin = {};

  // Connections of the whole process, dealt to its threads; each thread has at least one of either kind. A handful is
  // plenty for reads: many share one, and a server with more busy sessions than cores gets slower. Writes wait for the
  // disk one behind the other on each connection: more connections are more of them at a time.
  std::size_t connections = 4;   // for read() and write()
  std::size_t transactions = 4;  // for transaction(), each held by one at a time; opened when first needed

  Duration deadline = std::chrono::seconds{2};       // of a call that names none; a transaction has it for all of it
  std::size_t queue_max = 4096;                      // calls of a thread that no connection has room for
  std::size_t transaction_queue_max = 256;           // transactions of a thread that wait for a connection
  int transaction_attempts_max = 5;                  // after serialization failures and deadlocks; at least 1
  std::size_t owed_max = 512;                        // answers due on one connection (connection.h); at least 8
  Duration connect_limit = std::chrono::seconds{5};  // of an attempt to connect
  // Past the deadline of what the server is busy with, and not a byte came for so long: connect anew.
  Duration silence_limit = std::chrono::seconds{10};
  Backoff backoff = {};  // between attempts to connect
};

}  // namespace common::postgres
