// Connections that stay open and do nothing, or next to nothing: what slow and idle clients are to a server.

#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace testing {

// Lifts the limit on open files to its hard limit; the new one.
std::size_t raise_file_limit();

class Crowd {
 public:
  Crowd() = default;
  ~Crowd();
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

  // Opens `count` connections to 127.0.0.1:`port`, each of which sends `bytes`. Throws std::runtime_error.
  void join(std::uint16_t port, std::size_t count, std::string_view bytes);
  // Reads and drops what has come for each connection, waiting until each has something; false when one has nothing
  // for ten seconds.
  bool read_each();
  // Sends `bytes` on each connection that is still open.
  void send_each(std::string_view bytes);
  // Drops the connections that the server has ended, after reading what it said; how many are left.
  std::size_t drop_ended();
  std::size_t size() const noexcept { return connections_.size(); }
  // How many of those dropped had been told this status line's beginning: "HTTP/1.1 408".
  std::size_t told(std::string_view beginning) const;

 private:
  struct Connection {
    int fd;
    char heard[16] = {};
    std::size_t heard_bytes = 0;
  };
  static bool read_now(Connection& connection);  // false: ended

  std::vector<Connection> connections_;
  std::vector<Connection> dropped_;
};

}  // namespace testing
