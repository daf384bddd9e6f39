// What these tests ask a server and its Redis.

#pragma once

#include <string>

#include "tests/support/api_client.h"
#include "tests/support/eventually.h"
#include "tests/support/redis_process.h"

namespace testing {

inline constexpr const char* ada = R"({"name":"Ada","email":"ada@example.com"})";

// A metric's value; -1 when the server has none of that name.
inline double metric(ApiClient& api, const std::string& name) {
  const std::string text = api.get("/metrics").body;
  const auto at = text.find("\n" + name + " ");
  return at == std::string::npos ? -1 : std::stod(text.substr(at + name.size() + 2));
}

// Until values are kept: Redis settles after its start.
inline bool is_cached(ApiClient& api, const std::string& path) {
  return eventually(std::chrono::seconds{10}, [&] { return api.get(path).header("X-Cache") == "hit"; });
}

// A command to Redis, as text; its answer as it came.
inline std::string tell(const RedisProcess& redis, const std::string& command) {
  const std::string url = redis.url();
  RawClient client(static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1))));
  client.send(command + "\r\n");
  return client.receive();
}

}  // namespace testing
