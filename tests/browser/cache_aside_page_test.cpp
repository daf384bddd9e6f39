// cache_aside's page at "/", as a person uses it.

#include <string>

#include "tests/browser/web_driver.h"
#include "tests/support/api_client.h"
#include "tests/support/catch.h"
#include "tests/support/certificate.h"
#include "tests/support/eventually.h"
#include "tests/support/files.h"
#include "tests/support/require.h"
#include "tests/support/server_process.h"
#include "tests/support/temp_folder.h"

using namespace testing;
using namespace std::chrono_literals;

namespace {

constexpr auto missing = "no chromium and chromedriver in PATH";
const std::string shots = BINARY_DIR "/../cache_aside_page_";

// The newest line of the log of requests.
bool logs(WebDriver& browser, const std::string& text) {
  return eventually(5s, [&] { return browser.text(browser.find("#log tr")).find(text) != std::string::npos; });
}

}  // namespace

TEST_CASE("a person creates a user, reads it twice, changes it, and sees where each answer came from") {
  if (!require_or_skip(WebDriver::available(), missing)) return;
  ServerProcess server({"--store", "memory", "--siblings", "http://127.0.0.1:8081"}, {}, "cache_aside");
  WebDriver browser;
  browser.open(server.url());
  CHECK(browser.title().find("cache_aside") != std::string::npos);
  CHECK(browser.find("footer a[href='http://127.0.0.1:8081']") != "");

  browser.click(browser.find("#create button"));
  CHECK(logs(browser, "POST /users 201"));
  CHECK(browser.run("return document.getElementById('id').value") == "1");
  const auto read = [&] { browser.run("document.getElementById('read').requestSubmit()"); };
  read();
  CHECK(logs(browser, "GET /feed/1?limit=10 200"));
  CHECK(eventually(5s, [&] {
    return browser.run("return [...document.querySelectorAll('#log tr')].some(r => r.innerText.includes('miss'))") ==
           true;
  }));
  read();
  CHECK(eventually(5s, [&] {
    return browser.run(
               "return [...document.querySelectorAll('#log tr')].some(r => r.innerText.includes('GET /users/1')"
               " && r.innerText.includes('hit'))") == true;
  }));
  browser.click(browser.find("#edit button"));
  CHECK(logs(browser, "Lady Ada"));
  browser.screenshot(shots + "wide.png");

  browser.resize(390, 800);
  CHECK(browser.run("return document.documentElement.scrollWidth <= document.documentElement.clientWidth") == true);
  browser.screenshot(shots + "narrow.png");
  CHECK(browser.console().empty());
}

TEST_CASE("the feed on the page shows posts as text: no markup of strangers runs") {
  if (!require_or_skip(WebDriver::available(), missing)) return;
  ServerProcess server({"--store", "memory"}, {}, "cache_aside");
  ApiClient api(server.port());
  REQUIRE(api.post("/users", R"({"name":"a","email":"a@example.com"})").status == 201);
  REQUIRE(api.post("/users", R"({"name":"b","email":"b@example.com"})").status == 201);
  REQUIRE(api.post("/posts", R"({"authorId":2,"text":"<img src=x onerror=alert(1)>"})").status == 201);
  WebDriver browser;
  browser.open(server.url());
  browser.type(browser.find("#target"), "2\n");
  CHECK(eventually(5s, [&] { return browser.text(browser.find("#feed li")).find("onerror") != std::string::npos; }));
  CHECK(browser.run("return document.images.length") == 0);
  browser.type(browser.find("#target"), "99\n");  // nobody: the answer is shown, and nothing breaks
  CHECK(eventually(5s, [&] {
    return browser.run("return [...document.querySelectorAll('#log td.bad')].some(d => d.innerText === '404')") == true;
  }));
}

TEST_CASE("a person unfollows, turns the page of the feed, and deletes a post") {
  if (!require_or_skip(WebDriver::available(), missing)) return;
  ServerProcess server({"--store", "memory"}, {}, "cache_aside");
  ApiClient api(server.port());
  for (int i = 0; i < 2; ++i)
    REQUIRE(api.post("/users", R"({"name":"a","email":"a@example.com"})").status == 201);
  for (int i = 0; i < 12; ++i)
    REQUIRE(api.post("/posts", R"({"authorId":2,"text":"post"})").status == 201);
  WebDriver browser;
  browser.open(server.url());
  const auto shows = [&](int count) {
    return eventually(5s, [&] { return browser.run("return document.querySelectorAll('#feed li').length") == count; });
  };
  browser.type(browser.find("#target"), "2\n");
  CHECK(shows(10));
  browser.click(browser.find("#older"));
  CHECK(shows(12));
  CHECK(browser.run("return document.getElementById('older').hidden") == true);
  for (int i = 0; i < 3; ++i) {
    browser.click(browser.find("#feed li button"));
    CHECK(logs(browser, "GET /feed/1?limit=10"));
    CHECK(eventually(5s, [&] { return api.get("/posts/" + std::to_string(12 - i)).status == 404; }));
    CHECK(eventually(5s, [&] {
      return browser.run("return document.getElementById('older').hidden") == (12 - i - 1 <= 10) &&
             shows(i == 2 ? 9 : 10);
    }));
  }
  browser.click(browser.find("#unfollow"));
  CHECK(shows(0));
  browser.run("for (let i = 0; i < 60; ++i) document.getElementById('read').requestSubmit()");
  CHECK(eventually(5s, [&] { return browser.run("return document.querySelectorAll('#log tr').length") == 50; }));
}

TEST_CASE("where a token is asked for the page asks for it, and goes on with it") {
  if (!require_or_skip(WebDriver::available(), missing)) return;
  const TempFolder folder;
  const std::string secret(32, 's');
  const auto key = write_file(folder.path() / "key", secret);
  ServerProcess server({"--store", "memory", "--auth", "jwt", "--jwt-key", key}, {}, "cache_aside");
  WebDriver browser;
  browser.open(server.url());
  browser.click(browser.find("#create button"));
  CHECK(logs(browser, "POST /users 401"));
  CHECK(eventually(
      5s, [&] { return browser.run("return document.getElementById('token').offsetParent !== null") == true; }));
  browser.type(browser.find("#token"), make_token(R"({"sub":"anna","exp":4102444800})", secret));
  browser.click(browser.find("#create button"));
  CHECK(logs(browser, "POST /users 201"));
}
