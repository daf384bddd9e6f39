#include "bench/notifier/running_notifier.h"

#include <boost/asio/io_context.hpp>
#include <stdexcept>
#include <thread>

#include "common/http/client.h"
#include "common/json.h"
#include "common/random.h"

namespace bench::notifier_bench {
namespace {

common::Task<> send(common::http::Client& client, common::http::ClientRequest request,
                    std::optional<common::Result<common::http::ClientResponse>>& answer) {
  answer.emplace(co_await client.send(std::move(request)));
}

std::string text_of(const common::json::value& value) {
  return value.is_string() ? std::string(value.as_string()) : common::json::serialize(value);
}

}  // namespace

std::string numbered_user(std::size_t number) {
  const std::string digits = std::to_string(number);
  return "u" + std::string(8 - digits.size(), '0') + digits;
}

RunningNotifier::RunningNotifier(Environment& environment, const std::vector<std::string>& roles,
                                 std::vector<std::string> flags)
    : environment_(environment), data_(environment.scratch("notifier")), flags_(std::move(flags)) {
  for (const auto& role : roles)
    add(role);
}

std::size_t RunningNotifier::add(const std::string& role, const std::string& crash_at) {
  const std::size_t i = processes_.size();
  ChildProcess::Options options{.program = environment_.program(crash_at.empty() ? "notifier" : "notifier_faulty")};
  options.arguments = {"--listen", "127.0.0.1:0", "--data", data_.string(), "--role", role, "--log-level", "error"};
  options.arguments.insert(options.arguments.end(), flags_.begin(), flags_.end());
  if (!crash_at.empty()) options.environment = {{"NOTIFIER_CRASH_AT", crash_at}};
  options.log = data_ / (role + std::to_string(i) + ".log");
  processes_.push_back(std::make_unique<ChildProcess>(std::move(options)));
  const auto endpoint = processes_[i]->await_listening();
  if (i == 0) url_ = "http://" + endpoint.authority();
  return i;
}

void RunningNotifier::await_crash(std::size_t i) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{60};
  while (processes_[i]->running()) {
    if (std::chrono::steady_clock::now() > end) throw std::runtime_error("it does not come to the place of its crash");
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
  this->end(i);
}

void RunningNotifier::end(std::size_t i) {
  processes_[i]->stop();
  processes_[i].reset();
}

std::string RunningNotifier::ask(std::string method, const std::string& path, std::string type, std::string body) {
  boost::asio::io_context context(1);
  common::http::Client client(context.get_executor());
  common::http::ClientRequest request{.method = std::move(method), .url = url_ + path};
  if (!type.empty()) request.headers = {{"Content-Type", std::move(type)}};
  request.body = std::move(body);
  request.deadline = std::chrono::minutes{5};
  std::optional<common::Result<common::http::ClientResponse>> answer;
  common::spawn(context.get_executor(), "ask", send(client, std::move(request), answer));
  context.run();
  if (!answer || answer->has_error()) throw std::runtime_error(path + " was not answered");
  if ((*answer)->status / 100 != 2) throw std::runtime_error(path + ": " + (*answer)->body);
  return (*answer)->body;
}

void RunningNotifier::import_users(std::size_t count) {
  constexpr std::size_t group = 100'000;
  for (std::size_t at = 1; at <= count; at += group) {
    std::string lines;
    for (std::size_t i = at; i < at + group && i <= count; ++i) {
      const std::string id = numbered_user(i);
      lines.append(R"({"id":")").append(id).append(R"(","pushToken":"token-)").append(id).append("\"}\n");
    }
    ask("POST", "/v1/users:import", "application/x-ndjson", std::move(lines));
  }
}

std::string RunningNotifier::broadcast() {
  const auto answer = ask("POST", "/v1/broadcasts", "application/json",
                          R"({"audience":{"all":true},"category":"news","title":"T","body":"B","channels":["push"]})");
  return text_of(common::parse_json(answer).value().at("id"));
}

std::int64_t RunningNotifier::count(const std::string& id, const std::string& field) {
  const auto answer = ask("GET", "/v1/broadcasts/" + id, "", "");
  return common::parse_json(answer).value().at(field).to_number<std::int64_t>();
}

bool RunningNotifier::await(const std::string& id, std::chrono::seconds patience) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (std::chrono::steady_clock::now() < end) {
    const auto answer = ask("GET", "/v1/broadcasts/" + id, "", "");
    if (text_of(common::parse_json(answer).value().at("status")) == "done") return true;
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
  }
  return false;
}

std::vector<pid_t> RunningNotifier::processes() const {
  std::vector<pid_t> pids;
  for (const auto& process : processes_) {
    if (process) pids.push_back(process->pid());
  }
  return pids;
}

}  // namespace bench::notifier_bench
