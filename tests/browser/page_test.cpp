// The page at "/", as a person uses it.

#include <string>

#include "tests/browser/web_driver.h"
#include "tests/support/api_client.h"
#include "tests/support/catch.h"
#include "tests/support/certificate.h"
#include "tests/support/eventually.h"
#include "tests/support/files.h"
#include "tests/support/require.h"
#include "tests/support/scripted_server.h"
#include "tests/support/server_process.h"
#include "tests/support/temp_folder.h"

using namespace testing;
using namespace std::chrono_literals;

namespace {

constexpr auto missing = "no chromium and chromedriver in PATH";
const std::string shots = BINARY_DIR "/../url_shortener_page_";

void shorten(WebDriver& browser, std::string_view url) {
  browser.type(browser.find("#url"), std::string(url) + "\n");
}

// Lets what a page fetches arrive.
bool shows(WebDriver& browser, const std::string& selector, const std::string& text) {
  return eventually(5s, [&] { return browser.text(browser.find(selector)).find(text) != std::string::npos; });
}

// Nothing hangs over the screen's edge.
bool fits(WebDriver& browser) {
  return browser.run("return document.documentElement.scrollWidth <= document.documentElement.clientWidth").as_bool();
}

}  // namespace

TEST_CASE("a person shortens a link, follows it, and sees the click counted") {
  if (!require_or_skip(WebDriver::available(), missing)) return;
  const CollectingServer elsewhere("<!doctype html><title>You have arrived</title>", "text/html");
  ServerProcess server({"--siblings", "http://127.0.0.1:8082"});
  WebDriver browser;
  browser.open(server.url());
  CHECK(browser.title().find("url_shortener") != std::string::npos);
  CHECK(browser.find("footer a[href='http://127.0.0.1:8082']") != "");

  const auto target = elsewhere.url() + "/a/rather/long/address?with=a&query=too";
  shorten(browser, target);
  const auto link = browser.find("#links li .short");
  CHECK(browser.text(link).starts_with(server.url() + "/"));
  CHECK(browser.text(browser.find("#links li .long")) == target);
  CHECK(browser.text(browser.find("#links li .clicks")) == "0 clicks");
  CHECK(browser.text(browser.find("#problem")).empty());
  CHECK(browser.run("return document.getElementById('url').value") == "");

  const auto here = browser.windows().at(0);
  browser.click(link);
  REQUIRE(eventually(5s, [&] { return browser.windows().size() == 2; }));
  browser.look_at(browser.windows().at(1));
  CHECK(eventually(5s, [&] { return browser.title() == "You have arrived"; }));
  REQUIRE_FALSE(elsewhere.requests().empty());
  CHECK(elsewhere.requests()[0].head.starts_with("GET /a/rather/long/address?with=a&query=too "));
  CHECK(elsewhere.requests()[0].header("Referer").empty());  // the page is nobody's business

  browser.look_at(here);
  CHECK(eventually(5s, [&] { return browser.text(browser.find("#links li .clicks")) == "1 click"; }));
  CHECK(shows(browser, "#links li .breakdown", "direct"));
  browser.screenshot(shots + "wide.png");
  CHECK(browser.console().empty());

  browser.open(server.url());  // what was made is still there
  CHECK(shows(browser, "#links li .long", target));
  CHECK(browser.console().empty());
}

TEST_CASE("the page says what is wrong, in words") {
  if (!require_or_skip(WebDriver::available(), missing)) return;
  ServerProcess server({"--store", "memory"});
  ApiClient(server.port()).shorten(R"({"longUrl":"https://example.com","alias":"taken"})");
  WebDriver browser;
  browser.open(server.url());
  shorten(browser, "javascript:alert(1)");
  CHECK(shows(browser, "#problem", "The URL must begin with http:// or https://"));
  browser.screenshot(shots + "problem.png");

  browser.run("document.getElementById('url').value = ''");
  browser.click(browser.find("details summary"));
  browser.type(browser.find("#alias"), "taken");
  shorten(browser, "example.com/page");
  CHECK(shows(browser, "#problem", "taken"));

  browser.run("document.getElementById('url').value = ''; document.getElementById('alias').value = ''");
  browser.type(browser.find("#ttl"), "an hour");
  shorten(browser, "example.com/page");
  CHECK(shows(browser, "#problem", "ttlSeconds must be a whole number"));
  browser.run("document.getElementById('url').value = ''; document.getElementById('ttl').value = ''");
  browser.type(browser.find("#ttl"), "3600");
  browser.type(browser.find("#clicks"), "3");
  shorten(browser, "example.com/page");
  CHECK(shows(browser, "#links li .long", "https://example.com/page"));
  CHECK(browser.text(browser.find("#problem")).empty());
  CHECK(browser.text(browser.find("#links li")).find("3 clicks") != std::string::npos);
  // The refusals are answers that the browser itself notes; nothing else is wrong.
  for (const auto& line : browser.console()) {
    INFO(line);
    CHECK(line.find("/shorten") != std::string::npos);
  }
}

TEST_CASE("a page that is refused asks for a token, and goes on with it") {
  if (!require_or_skip(WebDriver::available(), missing)) return;
  const TempFolder folder;
  const std::string secret(32, 's');
  ServerProcess server({"--store", "memory", "--auth", "jwt", "--jwt-key", write_file(folder.path() / "key", secret)});
  WebDriver browser;
  browser.open(server.url());
  const auto is_shown = [&] { return browser.run("return document.getElementById('token').offsetParent !== null"); };
  CHECK(eventually(5s, [&] { return is_shown() == true; }));
  browser.type(browser.find("#token"), make_token(R"({"sub":"anna","exp":4102444800})", secret));
  shorten(browser, "https://example.com/anna");
  CHECK(shows(browser, "#links li .long", "https://example.com/anna"));
}

TEST_CASE("a link's text is text: no markup of strangers runs") {
  if (!require_or_skip(WebDriver::available(), missing)) return;
  ServerProcess server({"--store", "memory"});
  ApiClient api(server.port());
  const auto code = api.shorten_url("https://example.com/?q='%3Cimg%20src=x%20onerror=alert(1)%3E");
  WebDriver browser;
  browser.open(server.url());
  CHECK(shows(browser, "#links li .long", "onerror"));
  CHECK(browser.run("return document.images.length") == 0);
  browser.open(server.url() + "/" + code + "+");
  CHECK(shows(browser, "a", "onerror"));
  browser.screenshot(shots + "preview.png");
  CHECK(fits(browser));
  CHECK(browser.console().empty());
  // Were there a script, the policy would not let it run.
  browser.run(
      "const s = document.createElement('script'); s.textContent = 'window.ran = true'; "
      "document.body.append(s)");
  CHECK(browser.run("return window.ran === undefined") == true);
}

TEST_CASE("a person finds a link by its words, and is shown a QR code that can be read off the screen") {
  if (!require_or_skip(WebDriver::available(), missing)) return;
  ServerProcess server({"--store", "memory"});
  ApiClient api(server.port());
  for (int i = 0; i < 8; ++i)
    api.shorten(R"({"longUrl":"https://example.com/page/)" + std::to_string(i) + R"("})");
  api.shorten(R"({"longUrl":"https://example.com/","alias":"wanted","tags":["needle"]})");
  api.shorten(R"({"longUrl":"https://example.com/last"})");
  WebDriver browser;
  browser.open(server.url());
  browser.type(browser.find("#search"), "needle");
  CHECK(eventually(5s, [&] { return browser.run("return document.querySelectorAll('#links li').length") == 1; }));
  CHECK(browser.text(browser.find("#links li .short")) == server.url() + "/wanted");

  browser.click(browser.find("#links li .row button:nth-of-type(2)"));
  browser.find("#links li .qr");
  CHECK(eventually(5s, [&] {
    return browser.run("const i = document.querySelector('.qr'); return i.complete && i.naturalWidth > 0").as_bool();
  }));
  browser.screenshot(shots + "qr.png");
  CHECK(fits(browser));
  CHECK(browser.console().empty());
  const auto read =
      run_program({"sh", "-c", "command -v zbarimg >&2 && zbarimg --quiet --raw \"$0\"", shots + "qr.png"});
  if (require_or_skip(!read.errors.empty(), "no zbarimg in PATH: package zbar-tools")) {
    CHECK(read.output == server.url() + "/wanted\n");
  }

  browser.click(browser.find("#links li .row button:nth-of-type(2)"));
  CHECK(browser.run("return document.querySelector('.qr') === null") == true);
}

TEST_CASE("the page fits a phone") {
  if (!require_or_skip(WebDriver::available(), missing)) return;
  ServerProcess server({"--store", "memory"});
  WebDriver browser;
  browser.resize(360, 740);
  browser.open(server.url());
  CHECK(fits(browser));
  shorten(browser, "https://example.com/" + std::string(300, 'x'));
  CHECK(shows(browser, "#links li .long", "xxx"));
  CHECK(fits(browser));
  browser.click(browser.find("details summary"));
  CHECK(fits(browser));
  browser.screenshot(shots + "phone.png");
  CHECK(browser.console().empty());
}
