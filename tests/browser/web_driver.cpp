#include "tests/browser/web_driver.h"

#include <openssl/evp.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <stdexcept>

#include "tests/support/files.h"
#include "tests/support/run_task.h"

namespace testing {
namespace {

namespace json = common::json;
using namespace std::chrono_literals;

constexpr auto element_key = "element-6066-11e4-a52e-4f735466cecf";  // of the specification

// Its path, or empty.
std::string in_path(const std::string& program) {
  const char* const path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    const auto file = folder + "/" + program;
    if (::access(file.c_str(), X_OK) == 0) return file;
  }
  return {};
}

std::string text_of(const json::value& value) {
  return {value.as_string().c_str(), value.as_string().size()};
}

json::object capabilities(const std::string& browser, const std::string& profile) {
  json::array arguments{"--headless",
                        "--no-sandbox",
                        "--disable-gpu",
                        "--disable-quic",
                        "--disable-dev-shm-usage",
                        "--no-first-run",
                        "--disable-background-networking",
                        "--disable-component-update",
                        "--disable-sync",
                        "--disable-extensions",
                        "--window-size=1000,800",
                        "--user-data-dir=" + profile};
  json::object options{{"args", std::move(arguments)}, {"binary", browser}};
  json::object always{{"browserName", "chrome"},
                      {"goog:chromeOptions", std::move(options)},
                      {"goog:loggingPrefs", json::object{{"browser", "ALL"}}},
                      {"timeouts", json::object{{"implicit", 5000}, {"pageLoad", 30000}}}};
  return {{"capabilities", json::object{{"alwaysMatch", std::move(always)}}}};
}

// The port that chromedriver chose: "… was started successfully on port 41234."
std::string port_of(ChildProcess& driver) {
  for (int line = 0; line < 20; ++line) {
    const auto text = driver.read_line(30s);
    const std::string_view mark = "on port ";
    const auto at = text.rfind(mark);
    if (text.find("started successfully") == std::string::npos || at == std::string::npos) continue;
    const auto begin = at + mark.size();
    return text.substr(begin, text.find_first_not_of("0123456789", begin) - begin);
  }
  throw std::runtime_error("chromedriver names no port");
}

}  // namespace

bool WebDriver::available() {
  return !in_path("chromium").empty() && !in_path("chromedriver").empty();
}

WebDriver::WebDriver() : driver_({"chromedriver", "--port=0"}), url_("http://127.0.0.1:" + port_of(driver_)) {
  const auto started = call("POST", "/session", capabilities(in_path("chromium"), profile_.path()));
  session_ = "/session/" + text_of(started.at("sessionId"));
}

WebDriver::~WebDriver() {
  try {
    if (!session_.empty()) call("DELETE", session_);  // ends the browser too
  } catch (const std::exception&) {                   // then the driver's end does
  }
  driver_.signal(SIGTERM);
  driver_.wait(10s);
}

json::value WebDriver::call(std::string_view method, const std::string& path, json::value body) {
  common::http::ClientRequest request{.method = std::string(method), .url = url_ + path, .deadline = 60s};
  if (method == "POST") {
    request.headers = {{"Content-Type", "application/json; charset=utf-8"}};
    request.body = json::serialize(body.is_null() ? json::value(json::object{}) : body);
  }
  std::optional<common::Result<common::http::ClientResponse>> answer;
  common::asio::co_spawn(io_, keep_outcome(client_.send(std::move(request)), answer),
                         [](const std::exception_ptr& failure) {
                           if (failure) std::rethrow_exception(failure);
                         });
  io_.restart();
  io_.run();
  if (answer->has_error()) throw std::runtime_error("chromedriver: " + answer->error().message);
  auto parsed = common::parse_json((*answer)->body);
  if (parsed.has_error() || (*answer)->status != 200) {
    throw std::runtime_error(std::string(method) + " " + path + ": " + (*answer)->body.substr(0, 500));
  }
  return parsed->at("value");
}

json::value WebDriver::session(std::string_view method, const std::string& path, json::value body) {
  return call(method, session_ + path, std::move(body));
}

void WebDriver::open(const std::string& url) {
  session("POST", "/url", json::object{{"url", url}});
}

// The screen that the page sees, whatever the window's own minimum.
void WebDriver::resize(int width, int height) {
  json::object metrics{{"width", width}, {"height", height}, {"deviceScaleFactor", 1}, {"mobile", false}};
  session("POST", "/goog/cdp/execute",
          json::object{{"cmd", "Emulation.setDeviceMetricsOverride"}, {"params", std::move(metrics)}});
}

std::string WebDriver::title() {
  return text_of(session("GET", "/title"));
}

WebDriver::Element WebDriver::find(std::string_view selector) {
  const auto found =
      session("POST", "/element", json::object{{"using", "css selector"}, {"value", json::string(selector)}});
  return text_of(found.at(element_key));
}

std::string WebDriver::text(const Element& element) {
  return text_of(session("GET", "/element/" + element + "/text"));
}

void WebDriver::type(const Element& element, std::string_view keys) {
  session("POST", "/element/" + element + "/value", json::object{{"text", json::string(keys)}});
}

void WebDriver::click(const Element& element) {
  session("POST", "/element/" + element + "/click");
}

json::value WebDriver::run(std::string_view script) {
  return session("POST", "/execute/sync", json::object{{"script", json::string(script)}, {"args", json::array{}}});
}

std::vector<std::string> WebDriver::windows() {
  std::vector<std::string> handles;
  const auto answer = session("GET", "/window/handles");
  for (const auto& handle : answer.as_array()) {
    handles.push_back(text_of(handle));
  }
  return handles;
}

void WebDriver::look_at(const std::string& window) {
  session("POST", "/window", json::object{{"handle", window}});
}

void WebDriver::screenshot(const std::string& path) {
  const auto encoded = text_of(session("GET", "/screenshot"));
  std::string png(encoded.size() / 4 * 3, '\0');
  EVP_DecodeBlock(reinterpret_cast<unsigned char*>(png.data()), reinterpret_cast<const unsigned char*>(encoded.data()),
                  static_cast<int>(encoded.size()));
  write_file(path, png);
}

std::vector<std::string> WebDriver::console() {
  std::vector<std::string> lines;
  const auto answer = session("POST", "/se/log", json::object{{"type", "browser"}});
  for (const auto& entry : answer.as_array()) {
    const auto level = text_of(entry.at("level"));
    if (level == "SEVERE" || level == "WARNING") lines.push_back(level + " " + text_of(entry.at("message")));
  }
  return lines;
}

}  // namespace testing
