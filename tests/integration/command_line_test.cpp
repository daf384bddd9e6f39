#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string>

#include "tests/support/api_client.h"
#include "tests/support/catch.h"
#include "tests/support/files.h"
#include "tests/support/server_process.h"
#include "tests/support/size.h"

using namespace testing;
using namespace std::chrono_literals;

namespace {

Finished run(std::vector<std::string> flags, const Environment& environment = {}) {
  flags.insert(flags.begin(), program_path("url_shortener"));
  return run_program(std::move(flags), environment);
}

bool one_line(const std::string& text) {
  return !text.empty() && std::count(text.begin(), text.end(), '\n') == 1 && text.back() == '\n';
}

bool mentions(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("calls for --help and --version are answers: on stdout, exit 0") {
  const auto help = run({"--help"});
  CHECK(help.exit_code == 0);
  CHECK(help.errors.empty());
  for (const auto* word : {"--listen", "127.0.0.1:8081", "--codes", "permuted_counter", "--store", "sqlite", "--cache",
                           "--redirect", "302", "--drain-timeout", "10s", "--max-body", "1MiB", "--auth", "jwt",
                           "--trace-exporter", "--config", "URL_SHORTENER_"}) {
    INFO(word);
    CHECK(mentions(help.output, word));
  }
  const auto version = run({"--version"});
  CHECK(version.exit_code == 0);
  CHECK(one_line(version.output));
  CHECK(mentions(version.output, "0.1.0"));
}

TEST_CASE("wrong usage exits 2 with one line that names what is accepted") {
  const std::vector<std::pair<std::vector<std::string>, std::string>> wrong = {
      {{"--colour", "red"}, "--colour"},
      {{"--stor", "memory"}, "--store"},
      {{"--codes", "guid"}, "permuted_counter"},
      {{"--store", "oracle"}, "sqlite"},
      {{"--cache", "l2"}, "local"},
      {{"--redirect", "303"}, "302"},
      {{"--auth", "basic"}, "jwt"},
      {{"--auth", "jwt"}, "--jwt-key"},
      {{"--log-format", "xml"}, "json"},
      {{"--access-log", "some"}, "errors"},
      {{"--tls-cert", "cert.pem"}, "--tls-key"},
      {{"--store", "memory", "--data", "x"}, "--data"},
      {{"--listen", "8081"}, "--listen"},
      {{"--listen", "127.0.0.1:99999"}, "--listen"},
      {{"--drain-timeout", "10"}, "--drain-timeout"},
      {{"--max-body", "big"}, "--max-body"},
      {{"--threads", "0"}, "--threads"},
      {{"--code-length", "99"}, "--code-length"},
      {{"--code-length", "7", "--codes", "snowflake"}, "--codes snowflake"},
      {{"--base-url", "sho.rt"}, "--base-url"},
      {{"--config", "absent.toml"}, "absent.toml"},
      {{"--trace-exporter", "jaeger"}, "--trace-exporter"},
      {{"leftover"}, "leftover"},
      {{"--store"}, "--store"},
  };
  for (const auto& [flags, named] : wrong) {
    INFO(flags[0]);
    const auto refused = run(flags);
    CHECK(refused.exit_code == 2);
    CHECK(refused.output.empty());
    CHECK(one_line(refused.errors));
    CHECK(mentions(refused.errors, named));
  }
}

TEST_CASE("what cannot start exits 1 with one line that says why") {
  ServerProcess first({"--store", "memory"});
  const TempFolder folder;
  const auto file = write_file(folder.path() / "file", "not a folder");
  const auto free = std::string("127.0.0.1:0");
  const std::vector<std::pair<std::vector<std::string>, std::string>> failing = {
      {{"--store", "memory", "--listen", "127.0.0.1:" + std::to_string(first.port())}, "in use"},
      {{"--listen", free, "--data", file}, file},
      {{"--listen", free, "--data", file + "/below"}, file},
      {{"--listen", free, "--data", "/proc/nowhere"}, "/proc/nowhere"},
      {{"--store", "memory", "--listen", "192.0.2.1:0"}, "192.0.2.1"},
      {{"--store", "memory", "--listen", "nobody.invalid:0"}, "nobody.invalid"},
      {{"--store", "memory", "--listen", free, "--tls-cert", file, "--tls-key", file}, file},
      {{"--store", "memory", "--listen", free, "--auth", "jwt", "--jwt-key", "absent.key"}, "absent.key"},
  };
  for (const auto& [flags, named] : failing) {
    INFO(flags.back());
    const auto failed = run(flags);
    CHECK(failed.exit_code == 1);
    CHECK(failed.output.empty());
    CHECK(one_line(failed.errors));
    INFO(failed.errors);
    CHECK(mentions(failed.errors, named));
  }
}

TEST_CASE("a start that fails for its address leaves no data folder behind") {
  ServerProcess first({"--store", "memory"});
  const TempFolder folder;
  const auto data = folder.path() / "data";
  const auto failed = run({"--listen", "127.0.0.1:" + std::to_string(first.port()), "--data", data.string()});
  CHECK(failed.exit_code == 1);
  CHECK(mentions(failed.errors, "in use"));
  CHECK_FALSE(std::filesystem::exists(data));
}

TEST_CASE("a data folder that cannot be made, or holds no database, exits 1 with one line") {
  const auto nowhere = run({"--listen", "127.0.0.1:0", "--data", "/proc/nowhere"});  // for root too
  CHECK(nowhere.exit_code == 1);
  CHECK(one_line(nowhere.errors));
  CHECK(mentions(nowhere.errors, "/proc/nowhere"));

  const TempFolder folder;
  const auto database = write_file(folder.path() / "url_shortener.db", "this is no database, whatever its name");
  const auto failed = run({"--listen", "127.0.0.1:0", "--data", folder.path()});
  CHECK(failed.exit_code == 1);
  CHECK(one_line(failed.errors));
  CHECK(mentions(failed.errors, "not a database"));
}

TEST_CASE("a flag beats the environment, which beats the file") {
  const TempFolder folder;
  const auto file = write_file(folder.path() / "settings.toml",
                               "store = \"memory\"\nredirect = 307\nbase-url = \"https://file.example\"\n");
  const auto redirect_of = [&](const std::vector<std::string>& flags, const Environment& environment) {
    ServerProcess server(flags, environment);
    ApiClient api(server.port());
    const auto created = api.post("/shorten", R"({"longUrl":"https://example.com","alias":"talk"})");
    return created.header("Location") + " " + std::to_string(api.get("/talk").status);
  };
  CHECK(redirect_of({"--config", file}, {}) == "https://file.example/talk 307");
  CHECK(redirect_of({"--config", file}, {{"URL_SHORTENER_REDIRECT", "308"}}) == "https://file.example/talk 308");
  CHECK(redirect_of({"--config", file, "--redirect", "301"}, {{"URL_SHORTENER_REDIRECT", "308"}}) ==
        "https://file.example/talk 301");
  CHECK(redirect_of({}, {{"URL_SHORTENER_CONFIG", file}}) == "https://file.example/talk 307");
}

TEST_CASE("a server says one line on stdout, and ends at once when nothing is open") {
  for (const int signal : {SIGTERM, SIGINT}) {
    ServerProcess server;
    CHECK(server.url().starts_with("http://127.0.0.1:"));
    const auto asked = std::chrono::steady_clock::now();
    server.signal(signal);
    REQUIRE(server.wait(20s));
    CHECK(*server.wait(0s) == 0);
    CHECK(std::chrono::steady_clock::now() - asked < 3s * slowness);
    CHECK(server.rest_of_output().empty());
  }
}

TEST_CASE("idle keep-alive connections do not hold up the end") {
  ServerProcess server({"--drain-timeout", "20s"});
  std::vector<RawClient> idle;
  for (int i = 0; i < 10; ++i) {
    idle.emplace_back(server.port());
    CHECK(idle.back().get("/healthz").status == 200);
  }
  const auto asked = std::chrono::steady_clock::now();
  CHECK(server.terminate() == 0);
  CHECK(std::chrono::steady_clock::now() - asked < 6s * slowness);  // a second of silence, then closed
}
