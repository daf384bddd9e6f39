#include "tests/support/idle_memory.h"

#include <cstdio>
#include <string>

#include "tests/support/api_client.h"
#include "tests/support/catch.h"
#include "tests/support/crowd.h"
#include "tests/support/require.h"
#include "tests/support/server_process.h"
#include "tests/support/size.h"

namespace testing {

void check_idle_memory(std::size_t connections) {
  if (sanitized) {
    std::puts("SKIPPED: memory of connections: a sanitizer's own bookkeeping would be measured");
    return;
  }
  const auto files = raise_file_limit();
  if (!require_or_skip(files >= connections + 100, "only " + std::to_string(files) + " open files allowed")) return;
  ServerProcess server({"--idle-timeout", "10m", "--header-timeout", "10m"});
  ApiClient api(server.port());
  const auto path = "/" + api.shorten_url("https://example.com");
  const std::string request = "GET " + path + " HTTP/1.1\r\nHost: x\r\nUser-Agent: Mozilla/5.0 (X11)\r\n\r\n";
  {
    Crowd first;  // what is allocated once is allocated now
    first.join(server.port(), 100, request);
    REQUIRE(first.read_each());
  }
  const auto before = server.anonymous_bytes();
  Crowd idle;
  idle.join(server.port(), connections, request);
  REQUIRE(idle.read_each());
  const auto after = server.anonymous_bytes();
  const double each = (static_cast<double>(after) - static_cast<double>(before)) / static_cast<double>(connections);
  WARN(connections << " idle connections: " << each << " bytes of anonymous memory each");
  CHECK(each <= 4096);
  CHECK(idle.drop_ended() == connections);  // all of them are still open
  CHECK(api.get(path).status == 302);
}

}  // namespace testing
