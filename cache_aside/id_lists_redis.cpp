#include "cache_aside/id_lists_redis.h"

#include <algorithm>
#include <charconv>

#include "common/random.h"
#include "common/text.h"

namespace cache_aside {

using common::Task;
using common::redis::Script;

using Ids = std::vector<std::uint64_t>;

namespace {

// KEYS: the list, its ticket. ARGV: the ticket, the life in ms, the ids.
const Script fill_list(R"(
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1], KEYS[2])
redis.call('RPUSH', KEYS[1], unpack(ARGV, 3))
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
)");

// KEYS: a ticket. ARGV: one never used before, its life in ms.
const Script take_ticket(R"(
local valid = redis.call('GET', KEYS[1])
if not valid then valid = ARGV[1] end
redis.call('SET', KEYS[1], valid, 'PX', ARGV[2])
return valid
)");

// KEYS: a list and its ticket, again and again. ARGV: the id, how many a list holds.
const Script push_to_lists(R"(
local id = tonumber(ARGV[1])
for i = 1, #KEYS, 2 do
  local head = redis.call('LINDEX', KEYS[i], 0)
  if not head then
    redis.call('DEL', KEYS[i + 1])
  elseif tonumber(head) < id then
    redis.call('LPUSH', KEYS[i], ARGV[1])
    redis.call('LTRIM', KEYS[i], 0, ARGV[2] - 1)
  elseif head ~= ARGV[1] then
    local held = redis.call('LRANGE', KEYS[i], 0, -1)
    for j = 1, #held do
      if held[j] == ARGV[1] then break end
      if tonumber(held[j]) < id then
        redis.call('LINSERT', KEYS[i], 'BEFORE', held[j], ARGV[1])
        redis.call('LTRIM', KEYS[i], 0, ARGV[2] - 1)
        break
      end
    end
  end
end
return 1
)");

std::string list_name(const ServerRedis::Generation& generation, const std::string& name) {
  return generation.prefix + name;
}
std::string ticket_name(const ServerRedis::Generation& generation, const std::string& name) {
  return "{" + generation.prefix + name + "}:ticket";
}

}  // namespace

// The first page lies at the front; a later one is looked for in the whole list, which is a few kilobytes.
Task<std::optional<Ids>> IdListsRedis::read(std::string name, std::uint64_t below, std::size_t limit) {
  const auto generation = server_.generation();
  if (!generation || !generation->settled) co_return std::nullopt;
  const std::string key = list_name(*generation, name);
  const std::string last = below == UINT64_MAX ? std::to_string(limit - 1) : "-1";
  const auto reply = co_await server_.command("LRANGE", key, "0", last);
  if (reply.has_error() || reply->elements.empty() || !server_.is_current(*generation)) co_return std::nullopt;
  Ids ids;
  for (const auto& element : reply->elements) {
    std::uint64_t id = 0;
    std::from_chars(element.text.data(), element.text.data() + element.text.size(), id);
    if (id < below && ids.size() < limit) ids.push_back(id);
  }
  co_return std::optional<Ids>(std::move(ids));
}

Task<std::string> IdListsRedis::ticket(std::string name) {
  const auto generation = server_.generation();
  if (!generation || !generation->settled) co_return "";
  const auto digits = common::hex_digits(common::thread_random().next());
  const std::string key = ticket_name(*generation, name);
  std::vector<std::string_view> keys(1, key);
  std::vector<std::string_view> arguments(1, std::string_view(digits.data(), digits.size()));
  arguments.push_back("30000");  // longer than any load
  auto reply = co_await server_.run(take_ticket, std::move(keys), std::move(arguments));
  co_return reply.has_error() ? "" : std::move(reply->text);
}

Task<bool> IdListsRedis::fill(std::string name, Ids ids, std::string ticket) {
  const auto generation = server_.generation();
  if (!generation || !generation->settled || ticket.empty() || ids.empty()) co_return false;
  const std::string list = list_name(*generation, name);
  const std::string valid = ticket_name(*generation, name);
  std::vector<std::string> texts;
  for (const std::uint64_t id : ids)
    texts.push_back(std::to_string(id));
  const std::string life = std::to_string(std::chrono::ceil<std::chrono::milliseconds>(options_.ttl).count());
  std::vector<std::string_view> keys(1, list);
  keys.push_back(valid);
  std::vector<std::string_view> arguments(1, ticket);
  arguments.push_back(life);
  arguments.insert(arguments.end(), texts.begin(), texts.end());
  const auto reply = co_await server_.run(fill_list, std::move(keys), std::move(arguments));
  co_return reply.has_value() && reply->integer == 1;
}

Task<bool> IdListsRedis::push(std::vector<std::string> names, std::uint64_t id) {
  bool certain = true;
  const std::string number = std::to_string(id);
  const std::string most = std::to_string(options_.entries_max);
  for (std::size_t from = 0; from < names.size(); from += push_max) {
    const auto generation = server_.generation();
    if (!generation) co_return false;
    std::vector<std::string> places;
    for (std::size_t i = from; i < std::min(names.size(), from + push_max); ++i) {
      places.push_back(list_name(*generation, names[i]));
      places.push_back(ticket_name(*generation, names[i]));
    }
    std::vector<std::string_view> keys(places.begin(), places.end());
    std::vector<std::string_view> arguments(1, number);
    arguments.push_back(most);
    const auto reply = co_await server_.run(push_to_lists, std::move(keys), std::move(arguments));
    certain = certain && reply.has_value() && server_.is_current(*generation);
  }
  co_return certain;
}

Task<bool> IdListsRedis::forget(std::string name) {
  const auto generation = server_.generation();
  if (!generation) co_return false;
  const std::string list = list_name(*generation, name);
  const std::string valid = ticket_name(*generation, name);
  const auto reply = co_await server_.command("DEL", list, valid);
  co_return reply.has_value() && server_.is_current(*generation);
}

}  // namespace cache_aside
