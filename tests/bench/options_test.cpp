#include "bench/core/options.h"

#include "bench/baselines/nginx.h"
#include "bench/core/endpoint.h"
#include "bench/load/request.h"
#include "tests/support/catch.h"

using bench::Comparison;
using bench::Leave;
using bench::Options;
using bench::parse_options;
using bench::select;

namespace {

Comparison comparison(const std::string& id, const std::vector<std::string>& rows) {
  Comparison made;
  made.id = id;
  made.metrics.push_back({});
  for (const std::string& name : rows) {
    made.rows.push_back({});
    made.rows.back().id = name;
  }
  return made;
}

const std::vector<Comparison> all{comparison("shortener/redirect", {"nginx", "ours"}),
                                  comparison("shortener/create", {"single", "grouped"}),
                                  comparison("limiter/check", {"gcra", "token_bucket"})};

std::string complaint(const Options& options) {
  try {
    select(all, options);
  } catch (const Leave& leave) {
    REQUIRE(leave.exit_code == 2);
    return leave.what();
  }
  return "";
}

}  // namespace

TEST_CASE("the command line of ./run bench") {
  const Options options = parse_options({"shortener", "redirect", "ours", "--quick", "--services"});
  REQUIRE(options.system == "shortener");
  REQUIRE(options.alternatives == std::vector<std::string>{"redirect", "ours"});
  REQUIRE(options.quick);
  REQUIRE(options.services);
  REQUIRE_FALSE(options.record);
  REQUIRE_FALSE(options.list);
}

TEST_CASE("help leaves with 0, a wrong flag with 2, and a smoke run is never recorded") {
  const auto code = [](std::vector<std::string> arguments) {
    try {
      parse_options(std::move(arguments));
    } catch (const Leave& leave) {
      return leave.exit_code;
    }
    return -1;
  };
  REQUIRE(code({"--help"}) == 0);
  REQUIRE(code({"--no-such-flag"}) == 2);
  REQUIRE(code({"--quick", "--record"}) == 2);
  REQUIRE(code({"--record"}) == -1);
}

TEST_CASE("an unknown name lists the choices") {
  Options options;
  options.system = "shorter";
  REQUIRE(complaint(options) == "unknown system 'shorter'; there are: limiter, shortener");
  options.system = "shortener";
  options.alternatives = {"gcra"};
  REQUIRE(complaint(options) ==
          "unknown alternative of shortener 'gcra'; there are: create, grouped, nginx, ours, "
          "redirect, single");
}

TEST_CASE("an alternative is a comparison, or a row in one") {
  Options options;
  REQUIRE(select(all, options).size() == 3);
  options.system = "shortener";
  REQUIRE(select(all, options).size() == 2);
  options.alternatives = {"create"};
  auto chosen = select(all, options);
  REQUIRE(chosen.size() == 1);
  REQUIRE(chosen[0].comparison->id == "shortener/create");
  REQUIRE(chosen[0].rows.empty());
  options.alternatives = {"ours"};
  chosen = select(all, options);
  REQUIRE(chosen.size() == 1);
  REQUIRE(chosen[0].rows == std::vector<std::string>{"ours"});
  options.alternatives = {"create", "ours"};
  REQUIRE(complaint(options) == "no comparison has all that was named");
}

TEST_CASE("a system over three minutes, a name twice, and an aim without rows are mistakes") {
  bench::check(all);
  auto slow = all;
  slow[0].budget = std::chrono::seconds(170);
  REQUIRE_THROWS(bench::check(slow));
  auto twice = all;
  twice.push_back(twice.front());
  REQUIRE_THROWS(bench::check(twice));
  auto same_row = all;
  same_row[0].rows[1].id = "nginx";
  REQUIRE_THROWS(bench::check(same_row));
  auto aimless = all;
  aimless[0].aims.push_back({});
  aimless[0].aims.back().row = "nobody";
  REQUIRE_THROWS(bench::check(aimless));
}

TEST_CASE("only this machine is loaded unless told otherwise") {
  for (const char* host : {"127.0.0.1", "127.9.9.9", "::1", "localhost"})
    REQUIRE(bench::is_loopback(host));
  for (const char* host : {"10.0.0.1", "8.8.8.8", "::2", "localhost.example.com", "0.0.0.0", "", "128.0.0.1"}) {
    REQUIRE_FALSE(bench::is_loopback(host));
  }
}

TEST_CASE("URLs are taken apart strictly") {
  const auto url = bench::parse_url("http://127.0.0.1:8081/a?b=c");
  REQUIRE(url.has_value());
  REQUIRE(url->endpoint.host == "127.0.0.1");
  REQUIRE(url->endpoint.port == 8081);
  REQUIRE(url->target == "/a?b=c");
  REQUIRE(bench::parse_url("http://[::1]:80")->endpoint.authority() == "[::1]:80");
  REQUIRE(bench::parse_url("http://localhost")->endpoint.port == 80);
  REQUIRE(bench::parse_url("http://localhost")->target == "/");
  for (const char* bad : {"https://localhost/", "localhost", "http://", "http://h:0/", "http://h:70000/",
                          "http://h:8o/", "http://h/a b", "http://h/\r\nX: y", "http://[::1", "http://:80/"}) {
    INFO(bad);
    REQUIRE_FALSE(bench::parse_url(bad).has_value());
  }
}

TEST_CASE("requests carry Host, their headers, and a length that fits the numbered body") {
  bench::load::RequestOptions options;
  options.method = "POST";
  options.target = "/shorten";
  options.headers = {{"Content-Type", "application/json"}};
  options.body = "{\"longUrl\":\"https://example.com/{n}\"}";
  bench::Endpoint endpoint;
  endpoint.host = "127.0.0.1";
  endpoint.port = 8081;
  bench::load::Request request(options, endpoint);
  REQUIRE(std::string(request.bytes(42)) ==
          "POST /shorten HTTP/1.1\r\nHost: 127.0.0.1:8081\r\nContent-Type: application/json\r\n"
          "Content-Length: 44\r\n\r\n{\"longUrl\":\"https://example.com/0000000042\"}");
  REQUIRE(std::string(request.bytes(7)).find("/0000000007\"") != std::string::npos);
}

TEST_CASE("nginx's redirect is made longer or shorter until its answer has the wanted size") {
  const std::string location = "https://www.example.com/" + std::string(50, 'a');
  REQUIRE(bench::fitted_location(location, 400, 423).size() == location.size() + 23);
  REQUIRE(bench::fitted_location(location, 400, 390).size() == location.size() - 10);
  REQUIRE(bench::fitted_location(location, 400, 10) == "https://www.example.com/");
  bench::NginxSite site;
  site.location = "https://www.example.com/x";
  site.cache_control = "no-store";
  bench::Endpoint listen;
  listen.host = "127.0.0.1";
  listen.port = 8090;
  const std::string config = bench::nginx_config(site, listen, "/folder", false);
  REQUIRE(config.find("return 302 \"https://www.example.com/x\";") != std::string::npos);
  REQUIRE(config.find("add_header Cache-Control \"no-store\";") != std::string::npos);
  REQUIRE(config.find("listen 127.0.0.1:8090") != std::string::npos);
  REQUIRE(config.find("user root") == std::string::npos);
}
