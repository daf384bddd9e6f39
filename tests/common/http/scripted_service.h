// A Service whose answers a test writes down, and which keeps what it was asked.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "common/http/handler.h"

namespace testing {

class ScriptedService : public common::http::Service {
 public:
  using Request = common::http::Request;
  using Response = common::http::Response;

  // What a path answers; any other path echoes "METHOD path body".
  std::map<std::string, common::http::Handler, std::less<>> at;
  std::map<std::string, std::size_t, std::less<>> body_limit;  // by path; otherwise 1000
  std::vector<std::string> started;                            // "POST /echo hello"
  std::vector<std::string> finished;                           // "200 /echo"

  common::http::Reply start(Request& request) override {
    const std::string what = std::string(request.method_name) + " " + std::string(request.path) +
                             (request.body.empty() ? "" : " " + request.body);
    started.push_back(what);
    const auto found = at.find(request.path);
    return found == at.end() ? common::http::text(200, what) : found->second(request);
  }
  void finish(Request& request, Response& response) override {
    finished.push_back(std::to_string(response.status) + " " + std::string(request.path));
  }
  std::size_t max_body(Request& request) override {
    const auto found = body_limit.find(request.path);
    return found == body_limit.end() ? 1000 : found->second;
  }
};

inline std::string request(std::string_view method, std::string_view path, std::string_view lines = {},
                           std::string_view body = {}) {
  return std::string(method) + " " + std::string(path) + " HTTP/1.1\r\nHost: x\r\n" + std::string(lines) + "\r\n" +
         std::string(body);
}

}  // namespace testing
