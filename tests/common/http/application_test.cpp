#include "common/http/application.h"

#include "tests/common/http/asked.h"

using namespace common::http;
using namespace testing;
using common::Task;

namespace {

using Diary = std::vector<std::string>;

// Writes down when it ran; answers, or thinks about it first, when asked for by a header "X-<name>".
class Recorder final : public Middleware {
 public:
  Recorder(std::string name, Diary& diary) : name_(std::move(name)), diary_(diary) {}

  Verdict before(Request& request, const Route& route) override {
    diary_.push_back("before " + name_ + " " + route.pattern);
    const auto wish = request.header("X-" + name_);
    if (wish == "answer") return text(403, "by " + name_);
    if (wish == "throw") throw std::runtime_error("secret");
    if (wish == "later" || wish == "answer later") return think(wish == "answer later");
    return std::monostate{};
  }
  void after(Request& request, Response& response) override {
    diary_.push_back("after " + name_ + " " + std::to_string(response.status));
    CHECK(request.elapsed.count() != 0);
    response.header("X-Seen-By", name_);
  }

 private:
  Task<std::optional<Response>> think(bool answers) {
    diary_.push_back("thinking " + name_);
    if (answers) co_return text(403, "by " + name_);
    co_return std::nullopt;
  }

  std::string name_;
  Diary& diary_;
};

Task<Response> say_later() {
  co_return text(200, "later");
}

struct TwoRecorders {
  Diary diary;
  Application app{1000};

  TwoRecorders() {
    app.use(std::make_unique<Recorder>("one", diary));
    app.use(std::make_unique<Recorder>("two", diary));
    app.router().get("/a", {}, [this](Request&) -> Reply {
      diary.push_back("handler");
      return text(200, "a");
    });
    app.router().get("/later", {}, [this](Request&) -> Reply {
      diary.push_back("handler");
      return say_later();
    });
    app.router().post("/small", {.max_body = 3}, [](Request& request) -> Reply { return text(200, request.body); });
    app.router().post("/usual", {}, [](Request& request) -> Reply { return text(200, request.body); });
    app.router().put("/files/{name}", {.max_body = 5000}, [](Request&) -> Reply { return Response{204}; });
    app.router().alias("/api/", "/");
    app.add_authority("own.example:8081");
  }
};

}  // namespace

TEST_CASE("middleware runs in its order before the handler and behind it") {
  TwoRecorders two;
  const RawResponse response = ask(two.app, request("GET", "/a"));
  CHECK(response.body == "a");
  CHECK(response.header("X-Seen-By") == "one, two");
  CHECK(two.diary == Diary{"before one /a", "before two /a", "handler", "after one 200", "after two 200"});
}

TEST_CASE(
    "a middleware may answer itself: the rest and the handler are left out, what comes behind is "
    "not") {
  TwoRecorders two;
  const RawResponse response = ask(two.app, request("GET", "/a", "X-one: answer\r\n"));
  CHECK(response.status == 403);
  CHECK(response.body == "by one");
  CHECK(two.diary == Diary{"before one /a", "after one 403", "after two 403"});
}

TEST_CASE("a middleware may take its time, for an answer or to let the request pass") {
  TwoRecorders two;
  CHECK(ask(two.app, request("GET", "/a", "X-one: later\r\nX-two: later\r\n")).body == "a");
  CHECK(two.diary == Diary{"before one /a", "thinking one", "before two /a", "thinking two", "handler", "after one 200",
                           "after two 200"});
  CHECK(ask(two.app, request("GET", "/later", "X-one: later\r\n")).body == "later");
  two.diary.clear();
  CHECK(ask(two.app, request("GET", "/a", "X-one: answer later\r\n")).body == "by one");
  CHECK(two.diary == Diary{"before one /a", "thinking one", "after one 403", "after two 403"});
}

TEST_CASE("what a middleware throws is a 500, at once or later") {
  TwoRecorders two;
  for (const char* lines : {"X-two: throw\r\n", "X-one: later\r\nX-two: throw\r\n"}) {
    two.diary.clear();
    const RawResponse response = ask(two.app, request("GET", "/a", lines));
    CHECK(response.status == 500);
    CHECK(response.body.find("secret") == std::string::npos);
    CHECK(two.diary.back() == "after two 500");
  }
}

TEST_CASE("what matches no route, and what is no request, passes the middleware too") {
  TwoRecorders two;
  CHECK(ask(two.app, request("GET", "/nothing")).status == 404);
  CHECK(two.diary == Diary{"before one unmatched", "before two unmatched", "after one 404", "after two 404"});
  two.diary.clear();
  CHECK(ask(two.app, "nonsense\r\n\r\n").header("X-Seen-By") == "one, two");
  CHECK(two.diary == Diary{"after one 400", "after two 400"});
}

TEST_CASE("an absolute target must name this server") {
  TwoRecorders two;
  CHECK(ask(two.app, request("GET", "http://own.example:8081/a")).status == 200);
  CHECK(ask(two.app, request("GET", "http://OWN.example:8081/a")).status == 200);
  for (const char* target : {"http://other.example/a", "http://own.example/a", "http://own.example:8082/a",
                             "http://own.example:8081/nothing/"}) {
    INFO(target);
    const RawResponse response = ask(two.app, request("GET", target));
    CHECK(response.status == (std::string_view(target).ends_with('a') ? 421 : 404));
  }
  CHECK(ask(two.app, "GET /a HTTP/1.1\r\nHost: whatever.example\r\n\r\n").status == 200);
}

TEST_CASE("a route's own body limit counts, behind an alias too, and for nobody else") {
  TwoRecorders two;
  const auto post = [&](const std::string& path, std::size_t size, const char* method = "POST") {
    const std::string lines = "Content-Length: " + std::to_string(size) + "\r\n";
    ProtocolDriver wire(two.app);
    wire.receive(request(method, path, lines, std::string(size, 'x')));
    return take_all_responses(wire.take()).at(0).status;
  };
  CHECK(post("/small", 3) == 200);
  CHECK(post("/small", 4) == 413);
  CHECK(post("/api/small", 4) == 413);
  CHECK(post("/usual", 1000) == 200);
  CHECK(post("/usual", 1001) == 413);
  CHECK(post("/files/a%20b", 5000, "PUT") == 204);
  CHECK(post("/files/a%20b", 5001, "PUT") == 413);
  CHECK(post("/nothing", 1000) == 404);
  CHECK(post("/nothing", 1001) == 413);
  CHECK(post("/a", 1001, "BREW") == 413);
  CHECK(post("/%zz", 10) == 404);
}
