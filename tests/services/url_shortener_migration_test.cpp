// A url_shortener that brings a schema up to date while another one, of the version before, serves from it.

#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>

#include "tests/support/api_client.h"
#include "tests/support/catch.h"
#include "tests/support/eventually.h"
#include "tests/support/postgres_support.h"
#include "tests/support/server_process.h"
#include "tests/support/storm.h"

using namespace testing;

namespace {

// Clients that create links and follow them, their newest and their first, until told to stop.
class Load {
 public:
  Load(std::uint16_t port, int clients) {
    for (int i = 0; i < clients; ++i)
      threads_.emplace_back([this, port, i] { run(port, "https://example.com/load-" + std::to_string(i) + "-"); });
  }
  ~Load() { stop(); }

  void stop() {
    stop_ = true;
    for (auto& thread : threads_)
      thread.join();
    threads_.clear();
  }
  std::size_t created_count() {
    const std::lock_guard lock(mutex_);
    return created_.size();
  }
  bool creates(std::size_t more) {
    const auto enough = created_count() + more;
    return eventually(20s, [&] { return created_count() >= enough; });
  }
  // When stopped.
  const std::vector<Creation>& created() const { return created_; }
  const std::vector<std::string>& failures() const { return failures_; }

 private:
  void run(std::uint16_t port, const std::string& site) {
    try {
      ApiClient api(port);
      std::optional<Creation> first;
      for (int number = 0; !stop_; ++number) {
        const std::string url = site + std::to_string(number);
        const auto answer = api.post("/shorten", R"({"longUrl":")" + url + R"("})");
        if (answer.status != 201) {
          note("POST " + std::to_string(answer.status));
          continue;
        }
        const Creation link{text_at(answer, "/shortCode"), url};
        if (!first) first = link;
        follow(api, link);
        follow(api, *first);
        const std::lock_guard lock(mutex_);
        created_.push_back(link);
      }
    } catch (const std::exception& broken) {
      note(broken.what());
    }
  }
  void follow(ApiClient& api, const Creation& link) {
    const auto answer = api.get("/" + link.code);
    if (answer.status != 302 || answer.header("Location") != link.url) note("GET " + std::to_string(answer.status));
  }
  void note(std::string failure) {
    const std::lock_guard lock(mutex_);
    failures_.push_back(std::move(failure));
  }

  std::atomic<bool> stop_ = false;
  std::mutex mutex_;  // guards what follows, until stopped
  std::vector<Creation> created_;
  std::vector<std::string> failures_;
  std::vector<std::thread> threads_;
};

}  // namespace

TEST_CASE(
    "a second server applies the last migrations while the first creates and redirects: nothing fails or is lost") {
  const auto schema = new_schema();
  if (!schema) return;
  const auto version = [&] { return schema->ask("SELECT max(number) FROM schema_migrations"); };
  const auto indexes = [&](const std::string& name) {
    return schema->ask("SELECT count(*) FROM pg_indexes WHERE schemaname = current_schema() AND indexname = '" + name +
                       "'");
  };
  ServerProcess before({"--store", schema->url()});
  // What migrations 6 to 8 made goes. This server can do without, but that its clicks wait: to the database it is one
  // of the version before. When there is a newer migration, this is to be about that one.
  REQUIRE(version() == "8");
  schema->ask("CREATE INDEX links_by_url ON links (url_hash) WHERE NOT deleted");
  schema->ask("DROP INDEX links_reusable");
  schema->ask("DROP TABLE click_writers");
  schema->ask("DELETE FROM schema_migrations WHERE number > 5");
  const auto old_code = ApiClient(before.port()).shorten_url("https://example.com/before");

  Load load(before.port(), 8);
  CHECK(load.creates(100));
  ServerProcess after({"--store", schema->url()});
  CHECK(version() == "8");
  CHECK(indexes("links_reusable") == "1");
  CHECK(indexes("links_by_url") == "0");
  CHECK(load.creates(100));
  load.stop();

  CHECK(load.failures() == std::vector<std::string>{});
  CHECK(distinct_codes(load.created()) == load.created().size());
  ApiClient api(after.port());
  for (const auto& link : load.created())
    REQUIRE(api.get("/" + link.code).header("Location") == link.url);
  CHECK(api.get("/" + old_code).status == 302);
  const auto reused = api.post("/shorten", R"({"longUrl":"https://example.com/before","ifExists":"reuse"})");
  CHECK(text_at(reused, "/shortCode") == old_code);
  CHECK(before.terminate() == 0);
  CHECK(after.terminate() == 0);
  // Followed once by the client that made it, and once above.
  CHECK(schema->ask("SELECT clicks FROM click_rollups WHERE kind = 0 AND code = '" + load.created().back().code +
                    "'") == "2");
}
