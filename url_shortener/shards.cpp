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

// The lock that every session of a server shares, and that a --rebalance has alone. (That of shard_place itself,
// without the minus, keeps those apart that take their places.)
constexpr const char* use_lock = "-('shard_place'::regclass::oid::bigint)";

// A session outlives its server by a moment, so one is believed when it stays.
bool lock_alone(Blocking& server) {
  for (int tries = 0; tries < 30; ++tries) {
    if (tries > 0) std::this_thread::sleep_for(std::chrono::milliseconds{100});
    if (server.ask("SELECT pg_try_advisory_lock(" + std::string(use_lock) + ")") == "t") return true;
  }
  return false;
}

// What a server's session begins with. The lock comes first: the statement behind it sees what a --rebalance that has
// just let go of it has written. `list` is of hexadecimal digits.
std::string begin_of_session(std::size_t number, std::size_t of, const std::string& list) {
  const std::string place =
      "number = " + std::to_string(number) + " AND of = " + std::to_string(of) + " AND list = '" + list + "'";
  return "SELECT CASE WHEN NOT pg_try_advisory_lock_shared(" + std::string(use_lock) +
         ") THEN 'a --rebalance is at work' END;"
         "SELECT CASE WHEN NOT EXISTS (SELECT FROM shard_place WHERE NOT moving AND " +
         place + ") THEN 'is no longer " + text(number, of) + ": start the servers with the new list of --store' END";
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

Places take_places(const std::vector<std::string>& urls, ShardUse use) {
  std::vector<std::unique_ptr<Blocking>> servers;
  for (const auto& url : urls)
    servers.push_back(std::make_unique<Blocking>(url));
  // One process at a time, until this returns.
  servers.front()->run("SELECT pg_advisory_lock('shard_place'::regclass::oid::bigint)");
  std::string list = place_of(*servers.front()).list;
  if (list.empty()) {
    const auto digits = common::hex_digits(common::thread_random().next());
    list.assign(digits.begin(), digits.end());
  }
  const std::string of = std::to_string(urls.size());
  for (std::size_t i = 0; i < servers.size(); ++i) {
    check(*servers[i], place_of(*servers[i]), i + 1, urls.size(), list, use);
    if (use == ShardUse::rebalance && !lock_alone(*servers[i])) {
      servers[i]->fail("is in use, by a server or another --rebalance: stop all servers first");
    }
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
  servers.front()->run("SELECT pg_advisory_unlock('shard_place'::regclass::oid::bigint)");
  if (use == ShardUse::serve) servers.clear();
  return {std::move(list), std::move(servers)};
}

void end_rebalance(const std::vector<std::string>& urls) {
  for (const auto& url : urls)
    Blocking(url).run("UPDATE shard_place SET moving = false");
}

Shards::Shards(common::Runtime& runtime, const std::vector<std::string>& urls, std::size_t connections, ShardUse use)
    : ring_(urls.size()) {
  for (const auto& url : urls)
    migrate_links(url);
  places_ = take_places(urls, use);
  StorePostgres::Options options;
  options.connections = connections;
  for (std::size_t i = 0; i < urls.size(); ++i) {
    options.url = urls[i];
    if (use == ShardUse::serve) options.session_begin = begin_of_session(i + 1, urls.size(), places_.list);
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
