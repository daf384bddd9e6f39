#include "tests/url_shortener/shortener_under_test.h"

#include "tests/support/catch.h"

namespace testing {

Shortener::Shortener(int redirect_status) : Shortener(memory_, codes_, redirect_status) {}
Shortener::Shortener(url_shortener::LinkStore& links) : Shortener(links, codes_, 302) {}
Shortener::Shortener(url_shortener::CodeGenerator& codes) : Shortener(memory_, codes, 302) {}
Shortener::Shortener(url_shortener::LinkStore& links, url_shortener::CodeGenerator& codes)
    : Shortener(links, codes, 302) {}
Shortener::Shortener(rate_limiter::Limit create_limit) : Shortener(memory_, codes_, 302, create_limit) {}
Shortener::~Shortener() = default;

Shortener::Shortener(url_shortener::LinkStore& links, url_shortener::CodeGenerator& codes, int redirect_status,
                     std::optional<rate_limiter::Limit> create_limit)
    : finder(links, cache, nullptr, 1),
      redirect({links, finder, cache, clicks, brake, clock}, redirect_status),
      api({links, click_store, codes, finder, redirect, brake, clock},
          {std::string(base_url), {"sho.rt", "127.0.0.1:8081"}, create_limit}) {
  api.add_routes(app.router());
}

RawResponse Shortener::request(std::string_view method, std::string_view path, std::string_view headers,
                               std::string_view body) {
  begin(method, path, headers, body);
  return finish(method == "HEAD");
}

RawResponse Shortener::get(std::string_view path, std::string_view headers) {
  return request("GET", path, headers);
}

RawResponse Shortener::post(std::string_view path, std::string_view json, std::string_view headers) {
  return request("POST", path, "Content-Type: application/json\r\n" + std::string(headers), json);
}

RawResponse Shortener::patch(std::string_view path, std::string_view json, std::string_view headers) {
  return request("PATCH", path, "Content-Type: application/json\r\n" + std::string(headers), json);
}

std::string Shortener::shorten(std::string_view json) {
  const auto created = post("/shorten", json);
  REQUIRE(created.status == 201);
  return text_at(created, "/shortCode");
}

void Shortener::begin(std::string_view method, std::string_view path, std::string_view headers, std::string_view body) {
  std::string message(method);
  message.append(" ").append(path).append(" HTTP/1.1\r\nHost: sho.rt\r\n").append(headers);
  message.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n\r\n");
  wire.receive(message.append(body));
}

RawResponse Shortener::finish(bool answers_head) {
  wire.settle();
  std::string out = wire.take();
  auto response = take_response(out, answers_head);
  REQUIRE(response);
  REQUIRE(out.empty());
  return *response;
}

url_shortener::ClickStats Shortener::stats(const std::string& code) {
  run(clicks.flush());
  url_shortener::ClickStats stats;
  run(read_stats(code, stats));
  return stats;
}

common::Task<void> Shortener::read_stats(std::string code, url_shortener::ClickStats& stats) {
  stats = (co_await click_store.stats(std::move(code))).value();
}

void Shortener::run(common::Task<void> task) {
  common::spawn(runtime_.executor(), "test", std::move(task));
  runtime_.context(0).restart();
  runtime_.context(0).poll();
}

}  // namespace testing
