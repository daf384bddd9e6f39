// The limiter as a program: its command line, its rules' file, its endpoints.

#include <signal.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <thread>

#include "tests/support/api_client.h"
#include "tests/support/catch.h"
#include "tests/support/eventually.h"
#include "tests/support/files.h"
#include "tests/support/server_process.h"
#include "tests/support/temp_folder.h"

using namespace testing;
using namespace std::chrono_literals;

namespace {

Finished run(std::vector<std::string> flags) {
  flags.insert(flags.begin(), program_path("rate_limiter"));
  return run_program(std::move(flags));
}

bool one_line(const std::string& text) {
  return std::count(text.begin(), text.end(), '\n') == 1 && text.back() == '\n';
}

std::string rule(std::string_view name, int limit) {
  return "[[rule]]\nname = \"" + std::string(name) + "\"\nlimit = " + std::to_string(limit) + "\nperiod = \"1h\"\n";
}

std::string limit_of(ApiClient& api, const std::string& name) {
  return text_at(api.get("/v1/rules/" + name), "/limit");
}

}  // namespace

TEST_CASE("the limiter's --help names every flag, choice and default") {
  const auto help = run({"--help"});
  CHECK(help.exit_code == 0);
  for (const auto* word : {"--algorithm",
                           "fixed_window",
                           "sliding_window_log",
                           "sliding_window_counter",
                           "token_bucket",
                           "leaky_bucket",
                           "gcra",
                           "--rules",
                           "--store",
                           "memory",
                           "redis://",
                           "borrow+redis://",
                           "--on-store-failure",
                           "local",
                           "allow",
                           "deny",
                           "--store-timeout",
                           "50ms",
                           "--max-keys",
                           "1000000",
                           "127.0.0.1:8082",
                           "RATE_LIMITER_",
                           "--trusted-proxy"}) {
    INFO(word);
    CHECK(help.output.find(word) != std::string::npos);
  }
}

TEST_CASE("the limiter refuses wrong usage with exit 2 and one line that says what") {
  const std::vector<std::pair<std::vector<std::string>, std::string>> wrong = {
      {{"--algorithm", "bucket"}, "token_bucket"},
      {{"--store", "postgres://x"}, "memory"},
      {{"--store", "redis://:secret@"}, "--store"},
      {{"--on-store-failure", "deny"}, "--store memory"},
      {{"--store-timeout", "10ms"}, "--store memory"},
      {{"--store", "redis://127.0.0.1", "--on-store-failure", "panic"}, "local"},
      {{"--store", "redis://127.0.0.1", "--store-timeout", "0ms"}, "--store-timeout"},
      {{"--max-keys", "0"}, "--max-keys"},
      {{"--max-keys", "10000", "--algorithm", "sliding_window_log"}, "api with sliding_window_log at least 13056"},
      {{"--trusted-proxy", "10.0.0.0/99"}, "10.0.0.0/99"},
      {{"--ipv6-prefix", "0"}, "--ipv6-prefix"},
      {{"--admin", "root"}, "--auth jwt"},
  };
  for (const auto& [flags, part] : wrong) {
    const auto outcome = run(flags);
    INFO(flags[0] << " " << flags[1] << ": " << outcome.errors);
    CHECK(outcome.exit_code == 2);
    CHECK(one_line(outcome.errors));
    CHECK(outcome.errors.find(part) != std::string::npos);
    CHECK(outcome.errors.find("secret") == std::string::npos);
  }
}

TEST_CASE("bad files end the start with file, line and reason") {
  const TempFolder folder;
  const auto bad_rules = write_file(folder.path() / "rules.toml", rule("a", 5) + rule("a", 6));
  const auto bad_users = write_file(folder.path() / "users", "alice:secret\n");
  const auto big_log =
      write_file(folder.path() / "rules.toml.log",
                 "[[rule]]\nname = \"a\"\nalgorithm = \"sliding_window_log\"\nlimit = 7811\nperiod = \"1h\"\n");
  // As strong a password as any, at a cost that is not nobody's: its time would tell that alice exists.
  const auto cheap = write_file(
      folder.path() / "users.cheap",
      "alice:$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc\n");
  for (const auto& [flag, file, part] :
       {std::tuple{"--rules", bad_rules, "rules.toml:6: there is a rule 'a' already"},
        std::tuple{"--rules", std::string("nowhere.toml"), "nowhere.toml: cannot be read"},
        std::tuple{"--rules", folder.path().string(), "is no file"},
        std::tuple{"--rules", big_log,
                   "rules.toml.log:4: rule 'a': limit must be at most 7810 with sliding_window_log"},
        std::tuple{"--users", cheap, "users.cheap:1: the hash must be"},
        std::tuple{"--users", bad_users, "users:1: the hash must be"}}) {
    const auto outcome = run({flag, file});
    INFO(outcome.errors);
    CHECK(outcome.exit_code == 1);
    CHECK(one_line(outcome.errors));
    CHECK(outcome.errors.find(part) != std::string::npos);
    CHECK(outcome.output.empty());
  }
}

TEST_CASE("a changed file of rules is taken within two seconds, however it was changed, and a bad one is not") {
  const TempFolder folder;
  const auto path = write_file(folder.path() / "rules.toml", rule("a", 1));
  ServerProcess server({"--rules", path}, {}, "rate_limiter");
  ApiClient api(server.port());
  CHECK(limit_of(api, "a") == "1");
  CHECK(limit_of(api, "login") == "5");

  write_file(path, rule("a", 2));  // in place
  CHECK(eventually(2s, [&] { return limit_of(api, "a") == "2"; }));
  write_file(folder.path() / "new", rule("a", 3));
  std::filesystem::rename(folder.path() / "new", path);
  CHECK(eventually(2s, [&] { return limit_of(api, "a") == "3"; }));

  write_file(path, rule("a", 4) + rule("b", 0));  // a good rule and a bad one: neither
  CHECK(eventually(2s, [&] { return server.errors().find("rules refused") != std::string::npos; }));
  CHECK(server.errors().find("rules.toml:7: rule 'b': limit must be from 1") != std::string::npos);
  CHECK(limit_of(api, "a") == "3");
  CHECK(limit_of(api, "b").empty());
  CHECK(api.get("/metrics").body.find("rate_limiter_rule_reloads_total{outcome=\"refused\"} 1") != std::string::npos);

  std::filesystem::remove(path);
  std::this_thread::sleep_for(600ms);  // for the looks at the file
  CHECK(limit_of(api, "a") == "3");
  write_file(path, rule("c", 7));
  CHECK(eventually(2s, [&] { return limit_of(api, "c") == "7"; }));
  CHECK(limit_of(api, "a").empty());
  CHECK(server.terminate() == 0);
}

TEST_CASE("what is no file any more, or asks too much of memory, is not taken while the server runs either") {
  const TempFolder folder;
  const auto path = write_file(folder.path() / "rules.toml", rule("a", 1));
  ServerProcess server({"--rules", path}, {}, "rate_limiter");
  ApiClient api(server.port());
  std::filesystem::remove(path);
  std::filesystem::create_directory(path);
  CHECK(eventually(5s, [&] { return server.errors().find("rules.toml: is no file") != std::string::npos; }));
  CHECK(limit_of(api, "a") == "1");
  const auto put = [&](int limit) {
    return api.request("PUT", "/v1/rules/b", "Content-Type: application/json\r\n",
                       R"({"algorithm":"sliding_window_log","period":"1h","limit":)" + std::to_string(limit) + "}");
  };
  const auto refused = put(7'811);
  CHECK(refused.status == 422);
  CHECK(refused.body.find("--max-keys") != std::string::npos);
  CHECK(put(7'810).status == 201);
}

TEST_CASE("without a file of rules SIGHUP changes nothing") {
  ServerProcess server({}, {}, "rate_limiter");
  ApiClient api(server.port());
  CHECK(limit_of(api, "login") == "5");
  server.signal(SIGHUP);
  CHECK(eventually(5s, [&] { return server.errors().find("no file of rules") != std::string::npos; }));
  CHECK(limit_of(api, "login") == "5");
  CHECK(server.terminate() == 0);
}

TEST_CASE("at /login a proxy's clients are each their own, if the proxy is trusted, and one client otherwise") {
  for (const bool trusted : {false, true}) {
    std::vector<std::string> flags;
    if (trusted) flags = {"--trusted-proxy", "127.0.0.0/8"};
    ServerProcess server(flags, {}, "rate_limiter");
    ApiClient api(server.port());
    const auto log_in = [&](const std::string& forwarded) {
      return api.post("/login", R"({"user":"bob","password":"guess"})", "X-Forwarded-For: " + forwarded + "\r\n")
          .status;
    };
    for (int i = 0; i < 5; ++i)
      CHECK(log_in("192.0.2.1") == 401);
    CHECK(log_in("192.0.2.1") == 429);
    CHECK(log_in("203.0.113.9, 192.0.2.1") == 429);  // what the client wrote itself is further left
    CHECK(log_in("192.0.2.2") == (trusted ? 401 : 429));
    CHECK(log_in("2001:db8:0:1::1") == (trusted ? 401 : 429));
    for (int i = 0; i < 4; ++i)
      log_in("2001:db8:0:2::" + std::to_string(i));
    CHECK(log_in("2001:db8:0:3::1") == 429);  // one customer's prefix
  }
}

TEST_CASE("SIGHUP reads the rules at once") {
  const TempFolder folder;
  const auto path = write_file(folder.path() / "rules.toml", rule("a", 1));
  ServerProcess server({"--rules", path}, {}, "rate_limiter");
  ApiClient api(server.port());
  CHECK(limit_of(api, "a") == "1");
  int at_once = 0;  // sooner than looking at the file would find it
  for (int limit = 2; limit < 7; ++limit) {
    const auto taken = [&] { return limit_of(api, "a") == std::to_string(limit); };
    write_file(path, rule("a", limit));
    server.signal(SIGHUP);
    at_once += eventually(200ms, taken) ? 1 : 0;
    CHECK(eventually(2s, taken));
  }
  CHECK(at_once >= 1);
}

TEST_CASE("five logins a minute, right or wrong, and then 429") {
  ServerProcess server({}, {}, "rate_limiter");
  ApiClient api(server.port());
  const auto right = api.post("/login", R"({"user":"alice","password":"wonderland"})");
  CHECK(right.status == 200);
  CHECK(text_at(right, "/tokenType") == "Bearer");
  CHECK(right.header("X-RateLimit-Limit") == "5");
  for (int i = 0; i < 4; ++i)
    CHECK(api.post("/login", R"({"user":"bob","password":"guess"})").status == 401);
  const auto refused = api.post("/login", R"({"user":"alice","password":"wonderland"})");
  CHECK(refused.status == 429);
  CHECK(std::stoi(refused.header("Retry-After")) <= 12);
  const auto explained = api.post("/v1/explain", R"({"rule":"login","key":"address:127.0.0.1"})");
  CHECK(json_of(explained).at("trace").as_array().size() == 6);
  CHECK(server.terminate() == 0);
}

TEST_CASE("with --auth jwt a login's token opens the API, and changes no rules") {
  const TempFolder folder;
  const auto key = write_file(folder.path() / "key", std::string(40, 'k'));
  ServerProcess server({"--auth", "jwt", "--jwt-key", key, "--admin", "bob"}, {}, "rate_limiter");
  ApiClient api(server.port());
  const std::string check = R"({"rule":"api","key":"a"})";
  CHECK(api.post("/v1/check", check).status == 401);
  const auto token_of = [&](std::string_view user, std::string_view password) {
    const auto answer =
        api.post("/login", R"({"user":")" + std::string(user) + R"(","password":")" + std::string(password) + "\"}");
    return "Authorization: Bearer " + text_at(answer, "/token") + "\r\n";
  };
  const auto alice = token_of("alice", "wonderland");
  const auto bob = token_of("bob", "builder");
  CHECK(api.post("/v1/check", check, alice).status == 200);
  CHECK(api.remove("/v1/rules/api", alice).status == 403);
  CHECK(api.remove("/v1/rules/api", bob).status == 204);
}

TEST_CASE("the limiter's OpenAPI document names every endpoint of the contract, and each answers") {
  ServerProcess server({}, {}, "rate_limiter");
  ApiClient api(server.port());
  const auto document = json_of(api.get("/openapi.json"));
  std::set<std::string> operations;
  for (const auto& path : document.at("paths").as_object()) {
    for (const auto& operation : path.value().as_object()) {
      std::string method(operation.key());
      std::transform(method.begin(), method.end(), method.begin(), [](unsigned char c) { return std::toupper(c); });
      operations.insert(method + " " + std::string(path.key()));
      std::string target(path.key());
      for (auto at = target.find('{'); at != std::string::npos; at = target.find('{'))
        target.replace(at, target.find('}') - at + 1, "nobody");
      const bool body = method == "POST" || method == "PUT";
      const auto answer = body ? api.request(method, target, "Content-Type: application/json\r\n", "{}")
                               : api.request(method, target, {});
      INFO(method << " " << target);
      CHECK(answer.status != 405);
      CHECK(answer.status != 501);
      CHECK(answer.status != 500);
    }
  }
  for (const auto* name :
       {"POST /v1/check", "POST /v1/explain", "GET /v1/rules", "PUT /v1/rules/{name}", "DELETE /v1/rules/{name}",
        "DELETE /v1/rules/{name}/keys/{key}", "POST /login", "GET /healthz", "GET /readyz", "GET /metrics"}) {
    INFO(name);
    CHECK(operations.contains(name));
  }
}

TEST_CASE("an attacker with many addresses behind a proxy leaves memory where --max-keys put it") {
  ServerProcess server({"--max-keys", "1000", "--trusted-proxy", "127.0.0.1"}, {}, "rate_limiter");
  ApiClient api(server.port());
  for (int i = 0; i < 3'000; ++i)
    api.post("/v1/check", R"({"rule":"api","key":"k)" + std::to_string(i) + "\"}");
  const std::string text = api.get("/metrics").body;
  const auto value = [&](const std::string& name) {
    return std::stod(text.substr(text.find("\n" + name + " ") + name.size() + 2));
  };
  CHECK(value("rate_limiter_keys") <= 1'000);
  CHECK(value("rate_limiter_key_bytes") <= 64'000);
  CHECK(value("rate_limiter_keys_forgotten_early_total") > 1'900);
}
