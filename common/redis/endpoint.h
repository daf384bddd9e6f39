// Where a Redis is: redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE].

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/result.h"

namespace common::redis {

struct Endpoint {
  std::string host = "127.0.0.1";  // a name or an address; IPv6 without brackets
  std::string port = "6379";
  std::string user;      // empty: Redis' default user
  std::string password;  // empty: no AUTH is sent
  unsigned database = 0;

  // For logs: without the password.
  std::string name() const { return host + ":" + port + "/" + std::to_string(database); }
};

// User and password may be percent-encoded. Failure::invalid with a sentence that does not repeat the password;
// rediss:// (TLS) is refused, since it is not built.
Result<Endpoint> parse_endpoint(std::string_view url);

}  // namespace common::redis
