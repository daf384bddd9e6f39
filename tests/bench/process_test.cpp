// CPU time, foreign load, cores and child processes: what the operating system tells.

#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "bench/core/child_process.h"
#include "bench/core/cores.h"
#include "bench/core/cpu_time.h"
#include "bench/core/foreign_load.h"
#include "bench/core/local_process.h"
#include "tests/support/catch.h"
#include "tests/support/scripted_server.h"

using namespace std::chrono_literals;

namespace {

bench::ChildProcess::Options shell(const std::string& script) {
  bench::ChildProcess::Options options;
  options.program = "/bin/sh";
  options.arguments = {"-c", script};
  options.grace = 300ms;
  return options;
}

// In user space mostly: reading the clock takes a system call, so it is read seldom.
void burn(std::chrono::nanoseconds time) {
  const auto before = bench::cpu_time(getpid()).total;
  volatile std::uint64_t sink = 0;
  while (bench::cpu_time(getpid()).total - before < time) {
    for (int i = 0; i < 1'000'000; ++i)
      sink = sink + 1;
  }
}

}  // namespace

TEST_CASE("CPU time counts what was burnt, and threads that have ended") {
  const auto before = bench::cpu_time(getpid());
  burn(100ms);
  std::thread([] { burn(100ms); }).join();
  const auto used = bench::cpu_time(getpid()) - before;
  REQUIRE(used.total >= 200ms);
  REQUIRE(used.user() <= used.total);
  REQUIRE(used.user() >= used.total / 2);
  REQUIRE(bench::cpu_time(-1).total == 0ns);
  REQUIRE(bench::cpu_time(0).total == 0ns);
}

TEST_CASE("what an ended child used is found with its parent") {
  const pid_t self = getpid();
  const auto before = bench::cpu_time_of_ended_children({&self, 1});
  bench::ChildProcess busy(shell("i=0; while [ $i -lt 200000 ]; do i=$((i + 1)); done; echo done $i"));
  REQUIRE(busy.await_output(30s) == "done 200000\n");
  REQUIRE(bench::cpu_time_of_ended_children({&self, 1}) - before >= 20ms);
}

TEST_CASE("a program's output is awaited to its end, within a time, and only from one that succeeds") {
  bench::ChildProcess talks(shell("echo one; sleep 0.05; echo two"));
  REQUIRE(talks.await_output(5s) == "one\ntwo\n");
  bench::ChildProcess fails(shell("echo one; exit 4"));
  REQUIRE_THROWS(fails.await_output(5s));
  bench::ChildProcess silent(shell("exec sleep 30"));
  REQUIRE_THROWS(silent.await_output(50ms));
}

TEST_CASE("a name with spaces and parentheses does not shift the fields of /proc/PID/stat") {
  const auto stat = bench::parse_stat("42 (a) b (c) S 7 1 1 0 -1 4194304 100 0 0 0 250 130 12 3 20 0 1 0");
  REQUIRE(stat.parent == 7);
  REQUIRE(stat.user_ticks == 250);
  REQUIRE(stat.system_ticks == 130);
  REQUIRE(stat.ended_children_ticks == 15);
  REQUIRE(bench::parse_stat("nonsense").parent == 0);
}

TEST_CASE("memory of this process is known, of no process it is zero") {
  REQUIRE(bench::memory_of(getpid()).anonymous_bytes > 0);
  REQUIRE(bench::memory_of(getpid()).peak_resident_bytes >= bench::memory_of(getpid()).anonymous_bytes / 2);
  REQUIRE(bench::memory_of(-1).resident_bytes == 0);
}

TEST_CASE("a server says where it listens, and its descendants are found") {
  bench::ChildProcess child(shell("sleep 30 & echo hello; echo listening http://127.0.0.1:1234; wait"));
  const auto endpoint = child.await_listening(5s);
  REQUIRE(endpoint.authority() == "127.0.0.1:1234");
  const auto tree = bench::process_tree(child.pid());
  REQUIRE(tree.size() == 2);
  for (const pid_t pid : tree) {
    if (pid != child.pid()) kill(pid, SIGTERM);  // the sleep, which this test's own script started
  }
}

TEST_CASE("a server that ends or stays silent is an error that quotes its log") {
  const auto log = std::filesystem::temp_directory_path() / ("child_test." + std::to_string(getpid()));
  auto options = shell("echo port taken >&2; exit 3");
  options.log = log;
  bench::ChildProcess child(options);
  try {
    child.await_listening(5s);
    FAIL("it did not listen");
  } catch (const std::runtime_error& error) {
    const std::string what = error.what();
    REQUIRE(what.find("status 3") != std::string::npos);
    REQUIRE(what.find("port taken") != std::string::npos);
  }
  std::filesystem::remove(log);
  bench::ChildProcess silent(shell("exec sleep 30"));
  REQUIRE_THROWS(silent.await_listening(50ms));
}

TEST_CASE("a child that ignores SIGTERM is killed after the grace period") {
  bench::ChildProcess polite(shell("exec sleep 30"));
  REQUIRE(polite.stop() == 128 + SIGTERM);
  bench::ChildProcess stubborn(shell("trap '' TERM; echo listening http://127.0.0.1:1; while :; do sleep 0.01; done"));
  stubborn.await_listening(5s);
  REQUIRE(stubborn.stop() == 128 + SIGKILL);
  REQUIRE(stubborn.stop() == 128 + SIGKILL);  // asking again changes nothing
}

TEST_CASE("server and client share a core only if there are too few") {
  const auto plan = [](unsigned threads, std::vector<int> cpus) { return bench::plan_cores(threads, cpus); };
  REQUIRE(plan(1, {0, 1}).server == std::vector<int>{0});
  REQUIRE(plan(1, {0, 1}).client == std::vector<int>{1});
  REQUIRE_FALSE(plan(1, {0, 1}).shared);
  REQUIRE(plan(2, {0, 1}).server == std::vector<int>{0, 1});
  REQUIRE(plan(2, {0, 1}).client == std::vector<int>{1});
  REQUIRE(plan(2, {0, 1}).shared);
  REQUIRE(plan(2, {4, 5, 6, 7}).client == std::vector<int>{6, 7});
  REQUIRE(plan(1, {4, 5, 6, 7}).client == std::vector<int>{5});
  REQUIRE(plan(1, {3}).shared);
  REQUIRE_FALSE(bench::usable_cpus().empty());
}

TEST_CASE("foreign load is what the machine did and we did not") {
  bench::BusyTime busy;
  busy.tasks = 1500ms;
  busy.interrupts = 100ms;
  bench::ForeignLoad fedora;  // interrupt time is nobody's
  REQUIRE(fedora.judge(busy, 1000ms, 1s) == testing::Approx(0.5));
  REQUIRE(fedora.judge(busy, 1500ms, 1s) == testing::Approx(0.0));

  bench::ForeignLoad debian;  // interrupt time is in our own, as the first window shows
  REQUIRE(debian.judge(busy, 1590ms, 1s) == testing::Approx(0.01));
  REQUIRE(debian.judge(busy, 1000ms, 1s) == testing::Approx(0.6));
}

TEST_CASE("whoever listens at a port is found, and nobody else") {
  const testing::ScriptedServer server([](auto&) {});
  REQUIRE(bench::listener_at(server.port()) == std::vector<pid_t>{getpid()});
  REQUIRE(bench::listener_at(1).empty());
}

TEST_CASE("the busy fields of /proc/stat") {
  const auto busy = bench::parse_busy("cpu  10 20 30 4000 500 6 7 8 9 0");
  REQUIRE(busy.tasks == (10 + 20 + 30 + 8) * 10ms);
  REQUIRE(busy.interrupts == (6 + 7) * 10ms);
}
