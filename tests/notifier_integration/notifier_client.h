// What the tests of the running notifier share: users by import, requests, and what the witness wrote.

#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/json.h"
#include "common/text.h"
#include "tests/support/api_client.h"
#include "tests/support/catch.h"
#include "tests/support/eventually.h"
#include "tests/support/files.h"
#include "tests/support/server_process.h"
#include "tests/support/size.h"

namespace testing {

using namespace std::chrono_literals;

// "u00000001" …
inline std::string numbered_user(std::size_t number) {
  std::string digits = std::to_string(number);
  return "u" + std::string(8 - digits.size(), '0') + digits;
}

// Users u00000001 to u0…count, each with all addresses.
inline void import_users(ApiClient& api, std::size_t count) {
  constexpr std::size_t group = 5000;
  for (std::size_t at = 1; at <= count; at += group) {
    std::string lines;
    for (std::size_t i = at; i < at + group && i <= count; ++i) {
      const auto id = numbered_user(i);
      lines += R"({"id":")" + id + R"(","email":")" + id + R"(@example.org","phone":"+4930)" + id.substr(1) +
               R"(","pushToken":"token-)" + id + "\"}\n";
    }
    const auto answer = api.request("POST", "/v1/users:import", "Content-Type: application/x-ndjson\r\n", lines);
    REQUIRE(answer.status == 200);
    REQUIRE(text_at(answer, "/refused") == "0");
  }
}

inline std::string broadcast_all(ApiClient& api, const std::string& channels = R"(["push"])") {
  const auto answer =
      api.post("/v1/broadcasts",
               R"({"audience":{"all":true},"category":"news","title":"T","body":"B","channels":)" + channels + "}");
  REQUIRE(answer.status == 202);
  return text_at(answer, "/id");
}

inline std::string notify(ApiClient& api, const std::string& user, const std::string& more = "") {
  const auto answer = api.post(
      "/v1/notifications",
      R"({"userId":")" + user + R"(","category":"general","title":"T","body":"B","channels":["push"])" + more + "}");
  REQUIRE(answer.status == 202);
  return text_at(answer, "/id");
}

inline bool broadcast_ends(ApiClient& api, const std::string& id, std::chrono::milliseconds patience) {
  return eventually(patience, [&] { return text_at(api.get("/v1/broadcasts/" + id), "/status") == "done"; });
}

inline std::string state_of(ApiClient& api, const std::string& id, const std::string& channel = "push") {
  return text_at(api.get("/v1/notifications/" + id), "/channels/" + channel + "/state");
}

inline std::size_t lines_of(const std::filesystem::path& file) {
  if (!std::filesystem::exists(file)) return 0;
  const auto text = read_file(file);
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

// The most that a witness took in any window of that length, by its own clock.
inline std::size_t most_within(const std::filesystem::path& log, common::Duration period) {
  std::ifstream lines(log);
  std::vector<common::TimePoint> times;
  for (std::string line; std::getline(lines, line);) {
    const auto at = line.find("\"at\":\"") + 6;
    times.push_back(common::parse_rfc3339(line.substr(at, line.find('"', at) - at)).value());
  }
  std::sort(times.begin(), times.end());
  std::size_t most = 0;
  for (std::size_t first = 0, last = 0; last < times.size(); ++last) {
    while (times[last] - times[first] >= period)
      ++first;
    most = std::max(most, last - first + 1);
  }
  return most;
}

}  // namespace testing
