// The notifier's page at "/", as a person uses it.

#include <string>

#include "tests/browser/web_driver.h"
#include "tests/notifier_integration/notifier_client.h"
#include "tests/support/certificate.h"
#include "tests/support/require.h"

using namespace testing;

namespace {

constexpr auto missing = "no chromium and chromedriver in PATH";
const std::string shots = BINARY_DIR "/../notifier_page_";

bool shows(WebDriver& browser, const std::string& selector, const std::string& text) {
  return eventually(10s, [&] { return browser.text(browser.find(selector)).find(text) != std::string::npos; });
}

// Nothing hangs over the screen's edge.
bool fits(WebDriver& browser) {
  return browser.run("return document.documentElement.scrollWidth <= document.documentElement.clientWidth").as_bool();
}

}  // namespace

TEST_CASE("a person tells one user, then everybody, and watches both arrive") {
  if (!require_or_skip(WebDriver::available(), missing)) return;
  const TempFolder data;
  ServerProcess server({"--data", data.path(), "--siblings", "http://127.0.0.1:8081"}, {}, "notifier");
  ApiClient api(server.port());
  import_users(api, 500);
  REQUIRE(api.request("PUT", "/v1/users/ada", "Content-Type: application/json\r\n",
                      R"({"email":"ada@example.org","pushToken":"t"})")
              .status == 200);
  WebDriver browser;
  browser.open(server.url());
  CHECK(browser.title().find("notifier") != std::string::npos);
  CHECK(browser.find("footer a[href='http://127.0.0.1:8081']") != "");

  browser.click(browser.find("#look button"));
  CHECK(browser.find("#preferences input") != "");
  browser.click(browser.find("#single button"));
  CHECK(shows(browser, "#sent li", "email delivered"));
  CHECK(shows(browser, "#sent li", "push delivered"));
  CHECK(shows(browser, "#inbox li", "Hello"));  // by itself: the inbox is a stream

  browser.click(browser.find("#broadcast button"));
  CHECK(shows(browser, "#numbers", "done"));
  CHECK(shows(browser, "#numbers .good", "501"));
  browser.screenshot(shots + "wide.png");
  CHECK(browser.text(browser.find("#problem")).empty());
  CHECK(browser.console().empty());
}

TEST_CASE("what a person turns off on the page is not sent") {
  if (!require_or_skip(WebDriver::available(), missing)) return;
  const TempFolder data;
  ServerProcess server({"--data", data.path()}, {}, "notifier");
  ApiClient api(server.port());
  REQUIRE(api.request("PUT", "/v1/users/ada", "Content-Type: application/json\r\n", R"({"pushToken":"t"})").status ==
          200);
  WebDriver browser;
  browser.open(server.url());
  browser.click(browser.find("#look button"));
  browser.click(browser.find("#preferences label:nth-child(3) input"));  // news by push
  CHECK(eventually(5s,
                   [&] { return text_at(api.get("/v1/users/ada/preferences"), "/categories/news/push") == "false"; }));
  browser.click(browser.find("#broadcast button"));
  CHECK(shows(browser, "#numbers", "done"));
  CHECK(browser.text(browser.find("#numbers .good")).find("0") != std::string::npos);
  CHECK(lines_of(data.path() / "sink.jsonl") == 0);
  CHECK(browser.console().empty());
}

TEST_CASE("the notifier's page asks for a token where the server wants one") {
  if (!require_or_skip(WebDriver::available(), missing)) return;
  const TempFolder data;
  const std::string secret(32, 's');
  ServerProcess server({"--data", data.path(), "--auth", "jwt", "--jwt-key", write_file(data.path() / "key", secret)},
                       {}, "notifier");
  WebDriver browser;
  browser.open(server.url());
  CHECK_FALSE(browser.run("return document.getElementById('token').offsetParent !== null").as_bool());
  browser.click(browser.find("#single button"));
  CHECK(eventually(
      5s, [&] { return browser.run("return document.getElementById('token').offsetParent !== null").as_bool(); }));
  browser.type(browser.find("#token"), make_token(R"({"sub":"anna","exp":4102444800})", secret));
  browser.click(browser.find("#single button"));
  CHECK(shows(browser, "#sent li", "suppressed"));  // there is no ada
}

TEST_CASE("the notifier's page says what is wrong, in words, and fits a telephone") {
  if (!require_or_skip(WebDriver::available(), missing)) return;
  const TempFolder data;
  ServerProcess server({"--data", data.path()}, {}, "notifier");
  WebDriver browser;
  browser.resize(390, 844);
  browser.open(server.url());
  CHECK(fits(browser));
  browser.run("document.querySelector('#single [name=category]').value = 'no such\\u00a0one'");
  browser.click(browser.find("#single button"));
  CHECK(shows(browser, "#problem", "category"));
  browser.screenshot(shots + "narrow.png");
}
