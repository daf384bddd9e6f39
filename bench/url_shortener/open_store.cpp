#include "bench/url_shortener/open_store.h"

#include <charconv>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "bench/core/cpu_time.h"
#include "bench/core/local_process.h"
#include "common/postgres/blocking.h"
#include "common/random.h"
#include "common/text.h"

namespace bench::url_shortener_bench {
namespace {

using Clock = std::chrono::steady_clock;
using common::postgres::Blocking;

std::string file_text(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// A session's process is a child of the server's.
std::vector<pid_t> server_of(Blocking& session) {
  const pid_t pid = std::stoi(session.ask("SELECT pg_backend_pid()"));
  if (local_process(pid, "postgres").empty()) return {};
  return local_process(parse_stat(file_text("/proc/" + std::to_string(pid) + "/stat")).parent, "postgres");
}

common::Task<> repeat(const Step& step, std::size_t client, Clock::time_point end, std::uint64_t& steps) {
  while (Clock::now() < end) {
    co_await step(client);
    ++steps;
  }
}

}  // namespace

ScratchPostgres::ScratchPostgres(Environment& environment) : server_(environment.service("postgres")) {
  const auto digits = common::hex_digits(common::thread_random().next());
  name_ = "bench_" + std::string(digits.data(), digits.size());
  url_ = server_ + (server_.find('?') == std::string::npos ? "?" : "&") + "options=-csearch_path%3D" + name_;
  Blocking session(server_);
  session.run("CREATE SCHEMA " + name_);
  processes_ = server_of(session);
}

ScratchPostgres::~ScratchPostgres() {
  try {
    Blocking(server_).run("DROP SCHEMA " + name_ + " CASCADE");
  } catch (const std::exception&) {
    // The services are private and empty at each start: a schema left over harms nobody.
  }
}

url_shortener::Config memory_config() {
  url_shortener::Config config;
  config.stores = {"memory"};
  return config;
}

url_shortener::Config sqlite_config(const std::filesystem::path& folder) {
  url_shortener::Config config;
  config.stores = {"sqlite"};
  config.server.data = folder.string();
  return config;
}

url_shortener::Config postgres_config(const std::string& url) {
  url_shortener::Config config;
  config.stores = {url};
  return config;
}

Tally run_clients(common::BackgroundRuntime& background, std::size_t clients, const Step& step,
                  std::chrono::nanoseconds duration) {
  std::vector<std::uint64_t> steps(clients);
  std::vector<common::Task<>> tasks;
  const auto start = Clock::now();
  for (std::size_t i = 0; i < clients; ++i)
    tasks.push_back(repeat(step, i, start + duration, steps[i]));
  background.run(std::move(tasks), 1);
  Tally tally;
  tally.elapsed = Clock::now() - start;
  for (const std::uint64_t count : steps)
    tally.steps += count;
  return tally;
}

}  // namespace bench::url_shortener_bench
