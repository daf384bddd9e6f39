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
    "a second server applies the last migration while the first creates and redirects: nothing fails or is lost") {
  const auto schema = new_schema();
  if (!schema) return;
  const auto version = [&] { return schema->ask("SELECT max(number) FROM schema_migrations"); };
  ServerProcess before({"--store", schema->url(), "--search", "scan"});
  // What the last migration made goes. It made the index of words, which this server does without: to the database it
  // is one of the version before. When there is a newer migration, this is to be about that one.
  REQUIRE(version() == "5");
  schema->ask("DROP TABLE link_words, link_words_progress");
  schema->ask("DELETE FROM schema_migrations WHERE number = 5");
  const auto old_code = ApiClient(before.port()).shorten_url("https://example.com/madebefore");

  Load load(before.port(), 8);
  CHECK(load.creates(100));
  ServerProcess after({"--store", schema->url(), "--search", "words"});
  CHECK(version() == "5");
  CHECK(load.creates(100));
  load.stop();

  CHECK(load.failures() == std::vector<std::string>{});
  CHECK(distinct_codes(load.created()) == load.created().size());
  ApiClient api(after.port());
  for (const auto& link : load.created())
    REQUIRE(api.get("/" + link.code).header("Location") == link.url);
  CHECK(api.get("/" + old_code).status == 302);
  const auto entries = [&](const std::string& word) {
    return schema->ask("SELECT count(*) FROM link_words WHERE word = '" + word + "'");
  };
  api.shorten_url("https://example.com/madeafter");
  CHECK(entries("madeafter") == "1");
  CHECK(eventually(20s, [&] { return entries("madebefore") == "1"; }));  // the background goes through what was there
  CHECK(before.terminate() == 0);
  CHECK(after.terminate() == 0);
}
