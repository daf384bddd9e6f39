// Links on several PostgreSQL databases: requests that several databases have a part in, and a shard that is added.

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "tests/support/api_client.h"
#include "tests/support/catch.h"
#include "tests/support/postgres_support.h"
#include "tests/support/server_process.h"
#include "url_shortener/link_store_sharded.h"
#include "url_shortener/shard_ring.h"
#include "url_shortener/shards.h"

using namespace testing;

namespace {

class Databases {
 public:
  explicit Databases(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      auto schema = new_schema();
      if (schema) schemas_.push_back(std::move(schema));
    }
  }
  bool are_there() const { return !schemas_.empty(); }

  // "--store A --store B …", in this order.
  std::vector<std::string> flags(const std::vector<std::size_t>& order) const {
    std::vector<std::string> flags;
    for (const std::size_t i : order) {
      flags.push_back("--store");
      flags.push_back(schemas_[i]->url());
    }
    return flags;
  }
  Schema& at(std::size_t i) { return *schemas_[i]; }

 private:
  std::vector<std::unique_ptr<Schema>> schemas_;
};

struct Ended {
  int status = -1;
  std::string said;
};

// The program, with these flags, until it ends by itself.
Ended run(std::vector<std::string> flags) {
  flags.insert(flags.begin(), program_path("url_shortener"));
  ChildProcess program(std::move(flags));
  const auto status = program.wait(std::chrono::seconds{60});
  REQUIRE(status);
  return {*status, program.rest_of_output() + program.errors()};
}

std::vector<std::string> with(std::vector<std::string> flags, const std::string& more) {
  flags.push_back(more);
  return flags;
}

bool mentions(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

// Puts links 0 to `count` - 1 into a database, as a program that knows of no other would have.
void fill(Schema& schema, int count) {
  schema.ask(
      "INSERT INTO links (code, long_url, url_hash, created_at) "
      "SELECT 'x' || i, 'https://example.com/' || i, i, i FROM generate_series(0, " +
      std::to_string(count - 1) + ") AS i");
  schema.ask("INSERT INTO click_rollups SELECT code, 0, '', 7 FROM links");
  schema.ask("INSERT INTO link_tags SELECT 'all', created_at, code FROM links");
}

}  // namespace

TEST_CASE("shards in another order, one too few or one of another list are refused") {
  Databases databases(4);
  if (!databases.are_there()) return;
  { ServerProcess server(databases.flags({0, 1})); }
  { ServerProcess again(databases.flags({0, 1})); }
  { ServerProcess other(databases.flags({2, 3})); }
  const auto refusal = [&](const std::vector<std::size_t>& order) {
    const auto ended = run(databases.flags(order));
    CHECK(ended.status == 1);
    return ended.said;
  };
  CHECK(mentions(refusal({1, 0}), "is shard 2 of 2, and the list of --store has it as shard 1 of 2"));
  CHECK(mentions(refusal({0}), "is shard 1 of 2"));
  CHECK(mentions(refusal({0, 1, 2}), "is shard 1 of 2, and the list of --store has it as shard 1 of 3"));
  CHECK(mentions(refusal({0, 3}), "another list"));
}

TEST_CASE("those that are the first on new databases, all at once, agree on the list") {
  Databases databases(2);
  if (!databases.are_there()) return;
  const std::vector<std::string> urls = {databases.at(0).url(), databases.at(1).url()};
  for (const auto& url : urls)
    url_shortener::migrate_links(url);
  for (int round = 0; round < 10; ++round) {
    for (std::size_t i = 0; i < 2; ++i)
      databases.at(i).ask("DELETE FROM shard_place");
    std::atomic<int> refused = 0;
    std::vector<std::thread> processes;
    for (int process = 0; process < 8; ++process) {
      processes.emplace_back([&] {
        try {
          url_shortener::take_places(urls, url_shortener::ShardUse::serve);
        } catch (const std::runtime_error&) {
          ++refused;
        }
      });
    }
    for (auto& process : processes)
      process.join();
    CHECK(refused == 0);
  }
}

TEST_CASE("a database with links becomes one of several shards only by moving them") {
  Databases databases(2);
  if (!databases.are_there()) return;
  { ServerProcess server(databases.flags({0})); }
  fill(databases.at(0), 10);
  CHECK(mentions(run(databases.flags({0, 1})).said, "is shard 1 of 1"));
  const auto moved = run(with(databases.flags({0, 1}), "--rebalance"));
  CHECK(moved.status == 0);
  const url_shortener::ShardRing ring(2);
  int moves = 0;
  for (int i = 0; i < 10; ++i)
    moves += ring.owner("x" + std::to_string(i)) == 1;
  CHECK(mentions(moved.said, std::to_string(moves) + " links moved"));
  ServerProcess server(databases.flags({0, 1}));
  const auto in_use = run(with(databases.flags({0, 1}), "--rebalance"));
  CHECK(in_use.status == 1);
  CHECK(mentions(in_use.said, "stop all servers first"));
}

TEST_CASE("a server is seen at work by whatever name its sessions go") {
  Databases databases(2);
  if (!databases.are_there()) return;
  auto flags = databases.flags({0, 1});
  for (auto& flag : flags)
    if (const auto at = flag.find("application_name="); at != std::string::npos) flag.insert(at + 17, "another_");
  ServerProcess server(flags);
  const auto in_use = run(with(databases.flags({0, 1}), "--rebalance"));
  CHECK(in_use.status == 1);
  CHECK(mentions(in_use.said, "stop all servers first"));
}

TEST_CASE("of two --rebalance at once the second is refused, and no server starts meanwhile") {
  Databases databases(2);
  if (!databases.are_there()) return;
  { ServerProcess server(databases.flags({0, 1})); }
  const std::vector<std::string> urls = {databases.at(0).url(), databases.at(1).url()};
  auto first = url_shortener::take_places(urls, url_shortener::ShardUse::rebalance);
  const auto second = run(with(databases.flags({0, 1}), "--rebalance"));
  CHECK(second.status == 1);
  CHECK(mentions(second.said, "another --rebalance"));
  CHECK(mentions(run(databases.flags({0, 1})).said, "has begun and not ended"));
  first.sessions.clear();
  CHECK(run(with(databases.flags({0, 1}), "--rebalance")).status == 0);
}

TEST_CASE("a server that was cut off while a shard was added is refused with its old list") {
  Databases databases(3);
  if (!databases.are_there()) return;
  { ServerProcess server(databases.flags({0, 1})); }
  common::Runtime runtime(1);
  url_shortener::Shards old(runtime, {databases.at(0).url(), databases.at(1).url()}, 1);  // has no connection yet
  CHECK(run(with(databases.flags({0, 1, 2}), "--rebalance")).status == 0);
  ServerProcess server(databases.flags({0, 1, 2}));
  const auto outcome = [&]() -> common::Task<> {
    url_shortener::LinkStoreSharded links(old);
    url_shortener::Insert insert;
    insert.link.code = "abc";
    insert.link.long_url = "https://example.com/";
    const auto inserted = co_await links.insert(std::move(insert));
    const auto error = inserted.has_error() ? inserted.error() : common::Error{};
    CHECK(error.kind == common::Failure::unavailable);
    CHECK(mentions(error.message, "is no longer shard"));
    CHECK(old.trouble());
    co_await old.stop();
  };
  runtime.run(outcome());
}

TEST_CASE("a shard that is added has its share, through kills of the move, and nothing is lost or twice") {
  Databases databases(3);
  if (!databases.are_there()) return;
  constexpr int links = 20'000;
  { ServerProcess server(databases.flags({0, 1})); }
  fill(databases.at(0), links);
  CHECK(run(with(databases.flags({0, 1}), "--rebalance")).status == 0);

  auto flags = with(databases.flags({0, 1, 2}), "--rebalance");
  flags.insert(flags.begin(), program_path("url_shortener"));
  bool has_ended = false;
  int interrupted = 0;
  for (int time = 1; !has_ended && time < 100; ++time) {
    ChildProcess mover(flags);
    has_ended = mover.wait(std::chrono::milliseconds{20 * time}).has_value();  // longer each time, until it suffices
    mover.kill();
    while (databases.at(0).sessions() + databases.at(1).sessions() + databases.at(2).sessions() > 0)
      std::this_thread::yield();  // the server has seen that its client is gone
    const bool has_begun = databases.at(2).ask("SELECT to_regclass('shard_place')") != "" &&
                           databases.at(2).ask("SELECT count(*) FROM links") != "0";
    const bool has_moved = has_begun && databases.at(2).ask("SELECT moving FROM shard_place") == "f";
    if (has_ended || !has_begun || has_moved) continue;  // killed before it began, or right before it ended
    ++interrupted;
    CHECK(mentions(run(databases.flags({0, 1, 2})).said, "run it again"));
  }
  CHECK(interrupted > 0);
  CHECK(run(with(databases.flags({0, 1, 2}), "--rebalance")).status == 0);

  const url_shortener::ShardRing ring(3);
  std::vector<int> owned(3);
  for (int i = 0; i < links; ++i)
    ++owned[ring.owner("x" + std::to_string(i))];
  for (std::size_t i = 0; i < 3; ++i) {
    INFO(i);
    for (const auto* table : {"links", "link_tags", "click_rollups"})
      CHECK(databases.at(i).ask(std::string("SELECT count(*) FROM ") + table) == std::to_string(owned[i]));
    CHECK(databases.at(i).ask("SELECT count(*) FROM links WHERE long_url <> 'https://example.com/' || created_at") ==
          "0");
  }
  ServerProcess server(databases.flags({0, 1, 2}));
  ApiClient api(server.port());
  for (int i = 0; i < links; i += 97) {
    const auto code = "x" + std::to_string(i);
    const auto answer = api.get("/" + code);
    CHECK(answer.status == 302);
    CHECK(answer.header("Location") == "https://example.com/" + std::to_string(i));
    CHECK(json_of(api.get("/v1/links/" + code + "/stats")).at("total").as_int64() >= 7);
  }
}

TEST_CASE("requests that race with one key create one link, whichever shards have a part in it") {
  Databases databases(3);
  if (!databases.are_there()) return;
  ServerProcess one(databases.flags({0, 1, 2}));
  ServerProcess two(databases.flags({0, 1, 2}));
  const std::string members =
      GENERATE(R"("longUrl":"https://example.com/%")", R"("longUrl":"https://example.net/%","alias":"al-%")",
               R"("longUrl":"https://example.org/%","ifExists":"reuse")");
  INFO(members);
  constexpr int rounds = 20;
  std::size_t codes_seen = 0;
  for (int round = 0; round < rounds; ++round) {
    std::string body = "{" + members + "}";
    for (auto at = body.find('%'); at != std::string::npos; at = body.find('%'))
      body.replace(at, 1, std::to_string(round));
    std::mutex mutex;
    std::set<std::string> codes;
    std::map<int, int> statuses;
    std::vector<std::thread> clients;
    for (int client = 0; client < 6; ++client) {
      clients.emplace_back([&, client] {
        ApiClient api(client % 2 == 0 ? one.port() : two.port());
        const auto answer = api.post("/shorten", body, "Idempotency-Key: race-" + std::to_string(round) + "\r\n");
        const std::lock_guard lock(mutex);
        ++statuses[answer.status];
        if (answer.status == 201) codes.insert(text_at(answer, "/shortCode"));
      });
    }
    for (auto& client : clients)
      client.join();
    CHECK(codes.size() == 1);
    CHECK(statuses[201] + statuses[409] == 6);  // 409: the same key is under way in that process
    codes_seen += codes.size();
    ApiClient api(two.port());
    const auto again = api.post("/shorten", body, "Idempotency-Key: race-" + std::to_string(round) + "\r\n");
    CHECK(again.status == 201);
    CHECK(again.header("Idempotent-Replayed") == "true");
    const auto other = api.post("/shorten", R"({"longUrl":"https://other.test/"})",
                                "Idempotency-Key: race-" + std::to_string(round) + "\r\n");
    CHECK(other.status == 422);
  }
  int links = 0;
  for (std::size_t i = 0; i < 3; ++i)
    links += std::stoi(databases.at(i).ask("SELECT count(*) FROM links"));
  CHECK(links == rounds);
  CHECK(codes_seen == rounds);
}

TEST_CASE("of two different requests that race with one key one is refused, whichever shards have a part in them") {
  Databases databases(3);
  if (!databases.are_there()) return;
  ServerProcess one(databases.flags({0, 1, 2}));
  ServerProcess two(databases.flags({0, 1, 2}));
  for (int round = 0; round < 40; ++round) {
    const std::string number = std::to_string(round);
    const std::string key = "Idempotency-Key: differ-" + number + "\r\n";
    std::atomic<int> ready = 0;
    std::map<int, int> statuses;
    std::mutex mutex;
    const auto create = [&](std::uint16_t port, const std::string& body) {
      ApiClient api(port);
      api.get("/readyz");  // connected
      for (++ready; ready < 2;)
        std::this_thread::yield();
      const int status = api.post("/shorten", body, key).status;
      const std::lock_guard lock(mutex);
      ++statuses[status];
    };
    std::thread generated(create, one.port(), R"({"longUrl":"https://example.com/)" + number + "\"}");
    std::thread wished(create, two.port(), R"({"longUrl":"https://example.net/","alias":"al-)" + number + "\"}");
    generated.join();
    wished.join();
    INFO(number);
    CHECK(statuses[201] == 1);
    CHECK(statuses[422] == 1);
  }
}

TEST_CASE("requests that race for one URL with ifExists create one link, and find one on any shard") {
  Databases databases(3);
  if (!databases.are_there()) return;
  ServerProcess one(databases.flags({0, 1, 2}));
  ServerProcess two(databases.flags({0, 1, 2}));
  for (int round = 0; round < 20; ++round) {
    const std::string body = R"({"longUrl":"https://example.com/)" + std::to_string(round) + R"(","ifExists":"reuse"})";
    const bool is_known = round % 2 == 1;
    ApiClient api(one.port());
    const auto known = is_known ? api.shorten_url("https://example.com/" + std::to_string(round)) : "";
    std::mutex mutex;
    std::set<std::string> codes;
    std::atomic<int> created = 0;
    std::vector<std::thread> clients;
    for (int client = 0; client < 6; ++client) {
      clients.emplace_back([&, client] {
        ApiClient mine(client % 2 == 0 ? one.port() : two.port());
        const auto answer = mine.post("/shorten", body);
        created += answer.status == 201;
        const std::lock_guard lock(mutex);
        codes.insert(text_at(answer, "/shortCode"));
      });
    }
    for (auto& client : clients)
      client.join();
    CHECK(codes.size() == 1);
    CHECK(created == (is_known ? 0 : 1));
    if (is_known) CHECK(*codes.begin() == known);
  }
}
