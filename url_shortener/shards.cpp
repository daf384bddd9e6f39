#include "url_shortener/shards.h"

#include <chrono>
#include <stdexcept>
#include <thread>

#include "common/postgres/blocking.h"
#include "common/random.h"
#include "common/text.h"

namespace url_shortener {

using common::postgres::Blocking;

namespace {

// What a database remembers, 1-based as people count.
struct Place {
  std::size_t number = 0;  // 0: nothing yet
  std::size_t of = 0;
  std::string list;  // the same in all of one list
  bool moving = false;
};

Place place_of(Blocking& server) {
  auto rows = server.run("SELECT number, of, list, moving FROM shard_place");
  if (!rows.next()) return {};
  return {static_cast<std::size_t>(rows.integer(0)), static_cast<std::size_t>(rows.integer(1)),
          std::string(rows.text(2)), rows.boolean(3)};
}

std::string text(std::size_t number, std::size_t of) {
  return "shard " + std::to_string(number) + " of " + std::to_string(of);
}

bool has_links(Blocking& server) {
  return server.ask("SELECT EXISTS (SELECT FROM links)") == "t";
}

// Sessions of servers: the programs that are at work now, whatever host they run on. A session outlives its server by a
// moment, so one is believed when it stays.
bool is_in_use(Blocking& server) {
  for (int looks = 0; looks < 30; ++looks) {
    if (looks > 0) std::this_thread::sleep_for(std::chrono::milliseconds{100});
    if (server.ask("SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()"
                   " AND application_name = current_setting('application_name') AND pid <> pg_backend_pid())") != "t") {
      return false;
    }
  }
  return true;
}

void check(Blocking& server, const Place& known, std::size_t number, std::size_t of, const std::string& list,
           ShardUse use) {
  if (known.number == 0) {
    if (number > 1 && has_links(server)) server.fail("has links and no place: it is of another installation");
    if (number == 1 && of > 1 && use == ShardUse::serve && has_links(server)) {
      server.fail("has all links, and would be one of " + std::to_string(of) + " shards: run --rebalance first");
    }
    return;
  }
  const bool grows = use == ShardUse::rebalance && known.of < of;
  if (known.number != number || (known.of != of && !grows)) {
    server.fail("is " + text(known.number, known.of) + ", and the list of --store has it as " + text(number, of));
  }
  if (known.list != list) server.fail("is of another list of shards than the first --store");
  if (known.moving && use == ShardUse::serve) {
    server.fail("a --rebalance has begun and not ended: run it again, then start the servers");
  }
}

}  // namespace

void take_places(const std::vector<std::string>& urls, ShardUse use) {
  std::vector<std::unique_ptr<Blocking>> servers;
  for (const auto& url : urls)
    servers.push_back(std::make_unique<Blocking>(url));
  // One process at a time, until this returns and the connection goes.
  servers.front()->run("SELECT pg_advisory_lock('shard_place'::regclass::oid::bigint)");
  std::string list = place_of(*servers.front()).list;
  if (list.empty()) {
    const auto digits = common::hex_digits(common::thread_random().next());
    list.assign(digits.begin(), digits.end());
  }
  const std::string of = std::to_string(urls.size());
  for (std::size_t i = 0; i < servers.size(); ++i) {
    check(*servers[i], place_of(*servers[i]), i + 1, urls.size(), list, use);
    if (use == ShardUse::rebalance && is_in_use(*servers[i])) servers[i]->fail("is in use: stop all servers first");
  }
  for (std::size_t i = 0; i < servers.size(); ++i) {
    const std::string number = std::to_string(i + 1);
    if (use == ShardUse::rebalance) {
      servers[i]->run(
          "INSERT INTO shard_place (number, of, list, moving) VALUES ($1, $2, $3, true)"
          " ON CONFLICT (only_one) DO UPDATE SET of = excluded.of, moving = true",
          {number, of, list});
      continue;
    }
    servers[i]->run("INSERT INTO shard_place (number, of, list) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                    {number, of, list});
    check(*servers[i], place_of(*servers[i]), i + 1, urls.size(), list, use);
  }
}

void end_rebalance(const std::vector<std::string>& urls) {
  for (const auto& url : urls)
    Blocking(url).run("UPDATE shard_place SET moving = false");
}

Shards::Shards(common::Runtime& runtime, const std::vector<std::string>& urls, std::size_t connections, ShardUse use)
    : ring_(urls.size()) {
  for (const auto& url : urls)
    migrate_links(url);
  take_places(urls, use);
  StorePostgres::Options options;
  options.connections = connections;
  for (const auto& url : urls) {
    options.url = url;
    stores_.push_back(std::make_unique<StorePostgres>(runtime, options));
  }
}

std::optional<std::string> Shards::trouble() const {
  for (std::size_t i = 0; i < size(); ++i) {
    if (auto trouble = at(i).pool().trouble()) return text(i + 1, size()) + ": " + *trouble;
  }
  return std::nullopt;
}

common::Task<> Shards::stop() {
  for (const auto& store : stores_)
    co_await store->stop();
}

}  // namespace url_shortener
