// A blocking HTTP client that sends exactly the bytes it is told to: for what no well-behaved client does.
//
//   RawClient client(port);
//   client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
//   const RawResponse response = client.response();
//
// Every wait has a deadline (`patience`); what takes longer throws, so that a server that hangs fails a test
// instead of stopping it. The reader is strict: an answer that RFC 9112 does not allow throws too.
//
// One thread at a time.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace testing {

struct RawResponse {
  int status = 0;
  std::string head;  // status line and header lines, as received
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;  // without its chunk framing
  bool chunked = false;
  bool until_close = false;  // neither a length nor chunks: the connection's end ended it

  bool has(std::string_view name) const { return count(name) > 0; }
  std::size_t count(std::string_view name) const;
  // The value; empty when absent; of a repeated header all values, joined by ", ".
  std::string header(std::string_view name) const;
};

// Takes the first whole answer off the front of `bytes`; nullopt when it is not whole yet. `answers_head`: it
// answers a HEAD, so it has no body. `ended`: no further bytes will come. Interim answers (100) are answers too.
// Throws std::runtime_error when the bytes cannot become a well-formed answer.
std::optional<RawResponse> take_response(std::string& bytes, bool answers_head = false, bool ended = false);

// All the answers in `bytes`, which must hold nothing else.
std::vector<RawResponse> take_all_responses(std::string bytes, bool ended = false);

class RawClient {
 public:
  static constexpr std::chrono::seconds default_patience{30};

  // Connects to 127.0.0.1; throws std::runtime_error when it cannot. `receive_buffer` in bytes, 0: the
  // system's; a small one makes a slow reader.
  explicit RawClient(std::uint16_t port, std::chrono::milliseconds patience = default_patience, int receive_buffer = 0);
  ~RawClient();
  RawClient(RawClient&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), received_(std::move(other.received_)), patience_(other.patience_) {}
  RawClient& operator=(RawClient&&) = delete;

  // Sends all of it; throws when the server has gone or does not read.
  void send(std::string_view bytes);
  // Sends what can be sent; false when the server has gone.
  bool try_send(std::string_view bytes);
  // The next answer; throws when the connection ends before it is whole.
  RawResponse response(bool answers_head = false);
  // The next answer, or nullopt when the connection ended instead, orderly or not.
  std::optional<RawResponse> next_response(bool answers_head = false);
  // Sends a GET for `path` and reads its answer.
  RawResponse get(std::string_view path, std::string_view more_headers = {});
  // Waits until at least one byte has come and returns what is there, at most `max`; empty: the end.
  std::string receive(std::size_t max = 64 * 1024);
  // True when the server ends the connection within the patience, without another byte.
  bool ended();
  // True when nothing comes, neither bytes nor an end, for `time`.
  bool silent_for(std::chrono::milliseconds time);

  void finish_sending();  // half-close: our side is done
  void reset();           // closes with a RST

  int fd() const noexcept { return fd_; }

 private:
  bool wait_for(short events, std::chrono::milliseconds time) const;
  bool receive_more(std::size_t max = 64 * 1024);  // false: the end

  int fd_;
  std::string received_;
  std::chrono::milliseconds patience_;
};

// One request on a connection of its own.
RawResponse get(std::uint16_t port, std::string_view path, std::string_view more_headers = {});

}  // namespace testing
