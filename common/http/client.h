// An HTTP/1.1 client: one deadline for the whole exchange, keep-alive, TLS with verified certificates.
//
//   Client client(executor);
//   ClientRequest request{.method = "POST", .url = "http://127.0.0.1:9411/api/v2/spans", .body = json};
//   auto answer = co_await client.send(std::move(request));   // GCC 12 destroys a braced temporary here twice
//
// What a failure tells (result.h): `unavailable` when no connection was made, so nothing was sent; `timed_out` when
// the deadline passed before anything was sent; `unknown_outcome` from the moment that the request may have reached
// the server. Nothing is repeated behind the caller's back, but for one case: a kept-alive connection that the server
// had closed meanwhile, before it read a byte of a GET, HEAD, PUT or DELETE. Redirects are answers, not followed;
// 1xx but 101 are not answers, and are skipped.
//
// The deadline is kept in the look-up too, but nothing stops a getaddrinfo that hangs: it is left behind, and its
// io_context waits for it before run() returns by itself, and when destroyed.
//
// Belongs to the thread of its executor.

#pragma once

#include <boost/asio/ip/address.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/result.h"
#include "common/runtime/task.h"

namespace common::http {

struct ClientRequest {
  std::string method = "GET";
  std::string url;  // http:// or https://, without credentials or fragment
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};
  std::chrono::nanoseconds deadline = std::chrono::seconds{5};  // for everything, from the look-up to the last byte
};

struct ClientResponse {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  // Empty when absent.
  std::string_view header(std::string_view name) const noexcept;
};

class Client {
 public:
  struct Options {
    std::size_t body_max = 16 * 1024 * 1024;  // of an answer; a longer one is `unknown_outcome`
    std::size_t idle_max = 8;                 // kept-alive connections for each host and port
    // A kept connection unused for longer is closed by the next send(), to whatever host: servers do it after about
    // a minute, and a request may be under way when they do.
    std::chrono::nanoseconds idle_limit = std::chrono::seconds{30};
    std::string ca_file = {};  // PEM; empty: the system's certificates
    // Whether an address may be connected to; empty: any. Asked of what a name resolved to, and the connection is made
    // to just that: a name that resolves to something else a moment later gains nothing. None left: `invalid`.
    std::function<bool(const asio::ip::address&)> permits = {};
  };

  explicit Client(Executor executor) : Client(executor, Options{}) {}
  Client(Executor executor, Options options);
  ~Client();

  Task<Result<ClientResponse>> send(ClientRequest request);

 private:
  struct Link;
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace common::http
