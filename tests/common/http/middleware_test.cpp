// The small middlewares of common/http/middleware/, one by one behind a real Application.

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <regex>
#include <set>

#include "common/http/middleware/access_log.h"
#include "common/http/middleware/cors.h"
#include "common/http/middleware/request_id.h"
#include "common/http/middleware/security_headers.h"
#include "common/http/middleware/server_timing.h"
#include "common/log.h"
#include "tests/common/http/asked.h"

using namespace common::http;
using namespace testing;
using namespace std::chrono_literals;

namespace {

template <class M, class... Args>
Application app_with(Args&&... args) {
  Application app(1000);
  app.use(std::make_unique<M>(std::forward<Args>(args)...));
  app.router().get("/a", {}, [](Request& request) -> Reply {
    request.timings.push_back({"store", 1234567ns});
    request.timings.push_back({"cache", 0ns});
    return text(200, "id=" + request.id);
  });
  app.router().get("/fails", {}, [](Request&) -> Reply { return error(503, "AWAY", "away"); });
  return app;
}

// What is written to stderr while it lives.
class StderrCapture {
 public:
  StderrCapture() : file_(std::tmpfile()), saved_(::dup(STDERR_FILENO)) {
    std::fflush(stderr);
    ::dup2(::fileno(file_), STDERR_FILENO);
  }
  ~StderrCapture() {
    restore();
    std::fclose(file_);
  }
  std::string text() {
    restore();
    std::string all;
    std::rewind(file_);
    for (int c = std::fgetc(file_); c != EOF; c = std::fgetc(file_))
      all.push_back(static_cast<char>(c));
    return all;
  }

 private:
  void restore() {
    if (saved_ < 0) return;
    std::fflush(stderr);
    ::dup2(saved_, STDERR_FILENO);
    ::close(saved_);
    saved_ = -1;
  }
  std::FILE* file_;
  int saved_;
};

}  // namespace

TEST_CASE("a sane request id is kept and echoed") {
  Application app = app_with<RequestId>();
  for (const std::string& id : {std::string("abc"), std::string("A.b_c-9"), std::string(128, 'x')}) {
    const RawResponse response = ask(app, request("GET", "/a", "X-Request-ID: " + id + "\r\n"));
    CHECK(response.header("X-Request-ID") == id);
    CHECK(response.body == "id=" + id);
  }
}

TEST_CASE("instead of an insane request id, or none, one of 16 hex digits is made") {
  Application app = app_with<RequestId>();
  std::set<std::string> made;
  for (const std::string& lines :
       {std::string(), std::string("X-Request-ID:\r\n"), std::string("X-Request-ID: a b\r\n"),
        std::string("X-Request-ID: a/b\r\n"), std::string("X-Request-ID: \xc3\xbc\r\n"),
        std::string("X-Request-ID: <script>\r\n"), "X-Request-ID: " + std::string(129, 'x') + "\r\n"}) {
    INFO(lines);
    const RawResponse response = ask(app, request("GET", "/a", lines));
    const std::string id = response.header("X-Request-ID");
    CHECK(std::regex_match(id, std::regex("[0-9a-f]{16}")));
    CHECK(response.body == "id=" + id);
    made.insert(id);
  }
  CHECK(made.size() == 7);
}

TEST_CASE("a refused request has an id too, and no folded header can choose it") {
  Application app = app_with<RequestId>();
  for (const char* bytes : {"nonsense\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\nX-Request-ID: abc\r\n def\r\n\r\n",
                            "GET / HTTP/1.1\r\nX-Request-ID: abc\r\n def\r\nBad name: v\r\n\r\n"}) {
    const RawResponse response = ask(app, bytes);
    CHECK(response.status == 400);
    CHECK(std::regex_match(response.header("X-Request-ID"), std::regex("[0-9a-f]{16}")));
  }
}

TEST_CASE("Server-Timing says the total and the parts, in milliseconds") {
  Application app = app_with<ServerTimings>();
  const std::string timing = ask(app, request("GET", "/a")).header("Server-Timing");
  CHECK(std::regex_match(timing, std::regex("total;dur=[0-9]+\\.[0-9]{3}, store;dur=1\\.234, cache;dur=0\\.000")));
}

TEST_CASE("the origin that is allowed gets what a browser asks for, also with an error") {
  Application app = app_with<Cors>("https://app.example");
  for (const char* path : {"/a", "/fails", "/nothing"}) {
    const RawResponse response = ask(app, request("GET", path, "Origin: https://app.example\r\n"));
    CHECK(response.header("Access-Control-Allow-Origin") == "https://app.example");
    CHECK(response.header("Vary") == "Origin");
    CHECK(response.header("Access-Control-Expose-Headers").find("X-Request-ID") != std::string::npos);
  }
  const RawResponse preflight =
      ask(app, request("OPTIONS", "/a", "Origin: https://app.example\r\nAccess-Control-Request-Method: PATCH\r\n"));
  CHECK(preflight.status == 204);
  CHECK(preflight.header("Access-Control-Allow-Origin") == "https://app.example");
  CHECK(preflight.header("Access-Control-Allow-Methods").find("PATCH") != std::string::npos);
  CHECK(preflight.header("Access-Control-Allow-Headers").find("Idempotency-Key") != std::string::npos);
  CHECK(preflight.header("Access-Control-Max-Age") == "600");
}

TEST_CASE("no other origin is allowed anything, and caches are told that it matters") {
  Application app = app_with<Cors>("https://app.example");
  for (const char* origin : {"https://evil.example", "http://app.example", "https://app.example:8443",
                             "https://app.example.evil.example", "https://APP.example", "null", "*", ""}) {
    INFO(origin);
    const std::string line = "Origin: " + std::string(origin) + "\r\n";
    const RawResponse response = ask(app, request("GET", "/a", line));
    CHECK(response.status == 200);
    CHECK_FALSE(response.has("Access-Control-Allow-Origin"));
    CHECK(response.header("Vary") == "Origin");
    const RawResponse preflight = ask(app, request("OPTIONS", "/a", line + "Access-Control-Request-Method: PUT\r\n"));
    CHECK_FALSE(preflight.has("Access-Control-Allow-Origin"));
    CHECK_FALSE(preflight.has("Access-Control-Allow-Methods"));
  }
  CHECK(ask(app, request("GET", "/a")).header("Vary") == "Origin");
  const RawResponse options = ask(app, request("OPTIONS", "/a", "Origin: https://app.example\r\n"));
  CHECK(options.header("Allow") == "GET, HEAD, OPTIONS");  // no preflight, but a question of its own
}

TEST_CASE("browsers are told not to guess, and over TLS to come back over TLS only") {
  Application app = app_with<SecurityHeaders>();
  for (const std::string& bytes : {request("GET", "/a"), std::string("nonsense\r\n\r\n")}) {
    const RawResponse plain = ask(app, bytes);
    CHECK(plain.header("X-Content-Type-Options") == "nosniff");
    CHECK_FALSE(plain.has("Strict-Transport-Security"));
    CHECK(ask(app, bytes, true).header("Strict-Transport-Security") == "max-age=31536000");
  }
}

TEST_CASE("the access log has nothing, server errors and slow clients, or every request") {
  const auto logged = [](common::AccessLogMode mode) {
    Application app = app_with<AccessLog>(mode);
    StderrCapture capture;
    ask(app, request("GET", "/a?token=secret"));
    ask(app, request("GET", "/nothing\"x"));
    ask(app, request("GET", "/fails"));
    ask(app, "nonsense\r\n\r\n");
    ProtocolDriver slow(app);
    slow.receive("GET / HT");
    slow.time_out();
    const std::string all = capture.text();
    CHECK(all.find("secret") == std::string::npos);
    return all;
  };
  const auto count = [](const std::string& lines, const char* what) {
    int found = 0;
    for (auto at = lines.find(what); at != std::string::npos; at = lines.find(what, at + 1))
      ++found;
    return found;
  };
  CHECK(logged(common::AccessLogMode::off).empty());

  const std::string errors = logged(common::AccessLogMode::errors);
  CHECK(count(errors, "\n") == 2);
  CHECK(count(errors, "status=503 code=AWAY") == 1);
  CHECK(count(errors, "status=408 code=REQUEST_TIMEOUT") == 1);

  const std::string all = logged(common::AccessLogMode::all);
  CHECK(count(all, "\n") == 5);
  CHECK(count(all, " info request method=GET path=/a route=/a status=200 ") == 1);
  CHECK(count(all, "path=\"/nothing\\\"x\" route=unmatched status=404 code=NOT_FOUND") == 1);
  CHECK(count(all, "status=400 code=REQUEST_MALFORMED") == 1);
  CHECK(count(all, "peer=192.0.2.7") == 5);
}
