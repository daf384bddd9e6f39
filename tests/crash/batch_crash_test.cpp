// kill -9 in the middle of a batch: all of it is there, or none; repeated with its key it is made once.

#include <algorithm>
#include <random>
#include <string>
#include <thread>

#include "tests/support/api_client.h"
#include "tests/support/catch.h"
#include "tests/support/server_process.h"
#include "tests/support/size.h"

using namespace testing;
using namespace std::chrono_literals;

namespace {

constexpr int items = 1'000;

std::string batch(const std::string& tag) {
  std::string body = "[";
  for (int i = 0; i < items; ++i)
    body += (i > 0 ? "," : "") +
            (R"({"longUrl":"https://example.com/)" + std::to_string(i) + R"(","tags":[")" + tag + "\"]}");
  return body + "]";
}

std::ptrdiff_t made(std::uint16_t port, const std::string& tag) {
  ApiClient api(port);
  const auto all = api.get("/v1/links:export?format=ndjson&tag=" + tag);
  return std::count(all.body.begin(), all.body.end(), '\n');
}

}  // namespace

TEST_CASE("after kill -9 during a batch all of it is there or none, and repeated it is there once") {
  const TempFolder data;
  std::mt19937 random(9);
  std::uniform_int_distribution<int> delay_ms(0, 60);
  int cut_off = 0;
  for (int life = 0; life < 8; ++life) {
    const std::string tag = "life" + std::to_string(life);
    const std::string key = "Idempotency-Key: " + tag + "\r\n";
    const std::string body = batch(tag);
    {
      ServerProcess server({"--data", data.path(), "--search", life % 2 == 0 ? "scan" : "words"});
      bool answered = false;
      std::thread client([&, port = server.port()] {
        try {
          answered = ApiClient(port).post("/v1/links:batch", body, key).status == 201;
        } catch (const std::exception&) {  // the server was killed
        }
      });
      const auto moment = std::chrono::milliseconds{delay_ms(random)} * slowness;
      std::this_thread::sleep_for(moment);  // the kill comes at random
      server.kill();
      client.join();
      cut_off += answered ? 0 : 1;
    }
    ServerProcess server({"--data", data.path()});
    const auto before = made(server.port(), tag);
    INFO(tag << ": " << before);
    CHECK((before == 0 || before == items));
    const auto again = ApiClient(server.port()).post("/v1/links:batch", body, key);
    CHECK(again.status == 201);
    CHECK((again.header("Idempotent-Replayed") == "true") == (before == items));
    CHECK(made(server.port(), tag) == items);
    CHECK(server.terminate() == 0);
  }
  CHECK(cut_off > 0);
}
