// A real browser, without a window, driven over the W3C WebDriver protocol by chromedriver.
//
//   if (!require_or_skip(WebDriver::available(), "…")) return;
//   WebDriver browser;
//   browser.open("http://127.0.0.1:8081/");
//   browser.type(browser.find("#url"), "https://example.com");
//
// Every failure throws std::runtime_error with what the driver said. Both programs end with the object.

#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/http/client.h"
#include "common/json.h"
#include "tests/support/child_process.h"

namespace testing {

class WebDriver {
 public:
  // Whether chromium and chromedriver are in PATH.
  static bool available();

  // Starts both, with an empty profile.
  WebDriver();
  ~WebDriver();
  WebDriver(const WebDriver&) = delete;
  WebDriver& operator=(const WebDriver&) = delete;

  using Element = std::string;

  void open(const std::string& url);
  void resize(int width, int height);
  std::string title();
  // The first element that matches a CSS selector; waits for it, five seconds at most.
  Element find(std::string_view selector);
  std::string text(const Element& element);
  void type(const Element& element, std::string_view keys);
  void click(const Element& element);
  // What a script returns; its body, so "return 1 + 1".
  common::json::value run(std::string_view script);
  // Handles of all tabs; and the one to look at from now on.
  std::vector<std::string> windows();
  void look_at(const std::string& window);
  // A PNG of what is to be seen, written to `path`.
  void screenshot(const std::string& path);
  // What pages logged since the last call, errors and warnings: "SEVERE …".
  std::vector<std::string> console();

 private:
  common::json::value call(std::string_view method, const std::string& path, common::json::value body = nullptr);
  common::json::value session(std::string_view method, const std::string& path, common::json::value body = nullptr);

  TempFolder profile_;
  ChildProcess driver_;
  std::string url_;
  std::string session_;
  common::asio::io_context io_{1};
  common::http::Client client_{io_.get_executor()};
};

}  // namespace testing
