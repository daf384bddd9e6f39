// The bytes of the request that a load generator sends, over and over.
//
// "{n}" in the target or the body stands for a sequence number of ten digits (0000000000,
// 0000000001, …), so that every request can differ while its length stays the same.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/core/endpoint.h"

namespace bench::load {

struct RequestOptions {
  std::string method = "GET";
  std::string target = "/";
  std::vector<std::pair<std::string, std::string>> headers;  // Host and Content-Length are added
  std::string body;
};

class Request {
 public:
  Request(const RequestOptions& options, const Endpoint& endpoint);

  // The request with sequence number `n`; valid until the next call.
  std::string_view bytes(std::uint64_t n);

  bool is_head() const noexcept { return head_; }

 private:
  std::string bytes_;
  std::vector<std::size_t> numbers_;  // where the digits go
  bool head_ = false;
};

// What Chrome sends besides Host when a person follows a link: ten headers, about 550 bytes.
std::vector<std::pair<std::string, std::string>> browser_headers();

}  // namespace bench::load
