#include "tests/support/postgres_support.h"

#include <boost/asio/redirect_error.hpp>

#include "common/random.h"
#include "common/text.h"
#include "tests/support/require.h"

namespace testing {

using namespace common;

namespace {

const std::string local_host = "127.0.0.1:";

std::string random_name() {
  const auto digits = hex_digits(thread_random().next());
  return "test_" + std::string(digits.data(), digits.size());
}

}  // namespace

Schema::Schema(const std::string& server) : server_(server), name_(random_name()), plain_(server) {
  ask("CREATE SCHEMA " + name_);
  ask("SET search_path = " + name_);
}

std::unique_ptr<Schema> new_schema() {
  const char* const url = std::getenv("POSTGRES_URL");
  if (!require_or_skip(url != nullptr, "POSTGRES_URL is not set: ./run services up")) return nullptr;
  return std::make_unique<Schema>(url);
}

std::uint16_t Schema::server_port() const {
  return static_cast<std::uint16_t>(std::stoi(server_.substr(server_.find(local_host) + local_host.size())));
}

std::string Schema::url(std::uint16_t port) const {
  std::string url = server_;
  if (port != 0) {
    const auto at = url.find(local_host) + local_host.size();
    url.replace(at, url.find_first_not_of("0123456789", at) - at, std::to_string(port));
  }
  return url + "?application_name=" + name_ + "&options=-csearch_path%3D" + name_;
}

int Schema::sessions() {
  return std::stoi(ask("SELECT count(*) FROM pg_stat_activity WHERE application_name = '" + name_ + "'"));
}

int Schema::end_sessions() {
  return std::stoi(
      ask("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = '" + name_ + "'"));
}

void with_pool(postgres::Options options, const std::function<Task<>(postgres::Pool&)>& body) {
  Runtime runtime(1);
  postgres::Pool pool(runtime, std::move(options));
  runtime.run([](postgres::Pool& used, const std::function<Task<>(postgres::Pool&)>& use) -> Task<> {
    std::exception_ptr thrown;
    try {
      co_await use(used);
    } catch (...) {
      thrown = std::current_exception();
    }
    co_await used.stop();
    if (thrown) std::rethrow_exception(thrown);
  }(pool, body));
}

Task<> together(std::vector<Task<>> tasks) {
  const Executor executor = co_await asio::this_coro::executor;
  Timer all_ended(executor, Timer::time_point::max());
  std::size_t running = tasks.size();
  std::exception_ptr thrown;
  for (auto& task : tasks) {
    asio::co_spawn(executor, std::move(task), [&](const std::exception_ptr& error) {
      if (error && !thrown) thrown = error;
      if (--running == 0) all_ended.cancel();
    });
  }
  boost::system::error_code cancelled;
  if (running > 0) co_await all_ended.async_wait(asio::redirect_error(use_task, cancelled));
  if (thrown) std::rethrow_exception(thrown);
}

}  // namespace testing
