// The limiter's page, as a person uses it.

#include <string>

#include "tests/browser/web_driver.h"
#include "tests/support/catch.h"
#include "tests/support/eventually.h"
#include "tests/support/files.h"
#include "tests/support/require.h"
#include "tests/support/server_process.h"
#include "tests/support/temp_folder.h"

using namespace testing;
using namespace std::chrono_literals;

namespace {

constexpr auto missing = "no chromium and chromedriver in PATH";
const std::string shots = BINARY_DIR "/../rate_limiter_page_";

bool shows(WebDriver& browser, const std::string& selector, const std::string& text) {
  return eventually(5s, [&] { return browser.text(browser.find(selector)).find(text) != std::string::npos; });
}

bool fits(WebDriver& browser) {
  return browser.run("return document.documentElement.scrollWidth <= document.documentElement.clientWidth").as_bool();
}

}  // namespace

TEST_CASE("a person asks until refused, sees why, and what the six algorithms would have said") {
  if (!require_or_skip(WebDriver::available(), missing)) return;
  ServerProcess server({"--siblings", "http://127.0.0.1:8081"}, {}, "rate_limiter");
  WebDriver browser;
  browser.open(server.url());
  CHECK(browser.title() == "rate_limiter");
  CHECK(browser.find("footer a[href='http://127.0.0.1:8081']") != "");
  REQUIRE(shows(browser, "#rule", "login (5 in 1m, token_bucket)"));
  browser.click(browser.find("#form button[type=submit]"));
  CHECK(shows(browser, "#verdict", "allowed"));
  CHECK(shows(browser, "#verdict", "4 of 5 left"));
  browser.click(browser.find("#burst"));
  CHECK(shows(browser, "#verdict", "refused"));
  CHECK(shows(browser, "#verdict", "again in 1"));
  CHECK(shows(browser, "#arithmetic", "-> refused"));
  CHECK(shows(browser, "#lanes", "sliding_window_log"));
  CHECK(browser.run("return document.querySelectorAll('#lanes svg').length").as_int64() == 6);
  CHECK(browser.run("return document.querySelectorAll('#lanes svg:nth-of-type(1) circle').length").as_int64() == 5);
  CHECK(shows(browser, "#top", "login"));
  browser.screenshot(shots + "wide.png");
  browser.click(browser.find("#forget"));
  CHECK(shows(browser, "#verdict", "begins anew"));
  CHECK(fits(browser));
  browser.resize(360, 800);
  CHECK(fits(browser));
  browser.screenshot(shots + "narrow.png");
  // Refusals are part of it: the browser notes their status, and nothing else.
  for (const auto& line : browser.console())
    CHECK(line.find("429") != std::string::npos);
}

TEST_CASE("a person who guesses passwords is told to wait") {
  if (!require_or_skip(WebDriver::available(), missing)) return;
  ServerProcess server({}, {}, "rate_limiter");
  WebDriver browser;
  browser.open(server.url());
  browser.type(browser.find("#password"), "wonderland\n");
  CHECK(shows(browser, "#login-answer", "Logged in; a token for 300 s. 4 attempts left."));
  browser.type(browser.find("#password"), "x\n");
  CHECK(shows(browser, "#login-answer", "user or password is wrong. 3 attempts left."));
  for (const char* left : {"2 attempts left", "1 attempts left", "0 attempts left"}) {
    browser.click(browser.find("#login button"));
    CHECK(shows(browser, "#login-answer", left));
  }
  browser.click(browser.find("#login button"));
  CHECK(shows(browser, "#login-answer", "Too many attempts; again in"));
}

TEST_CASE("a person who clicks while a password is being checked asks once, and the last answer stays") {
  if (!require_or_skip(WebDriver::available(), missing)) return;
  ServerProcess server({}, {}, "rate_limiter");
  WebDriver browser;
  browser.open(server.url());
  browser.type(browser.find("#password"), "x");
  browser.run("for (let i = 0; i < 10; ++i) document.querySelector('#login button').click()");
  CHECK(shows(browser, "#login-answer", "4 attempts left"));
}

TEST_CASE("where a token is asked for a person logs in and then sees the rules") {
  if (!require_or_skip(WebDriver::available(), missing)) return;
  const TempFolder folder;
  const auto key = write_file(folder.path() / "key", std::string(40, 'k'));
  ServerProcess server({"--auth", "jwt", "--jwt-key", key}, {}, "rate_limiter");
  WebDriver browser;
  browser.open(server.url());
  CHECK(shows(browser, "#verdict", "Log in below"));
  browser.type(browser.find("#password"), "wonderland\n");
  REQUIRE(shows(browser, "#rule", "login (5 in 1m, token_bucket)"));
  browser.click(browser.find("#form button[type=submit]"));
  CHECK(shows(browser, "#verdict", "4 of 5 left"));
  browser.click(browser.find("#forget"));
  CHECK(shows(browser, "#verdict", "--admin"));  // alice is none
}
