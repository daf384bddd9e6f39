// The scripts that Redis runs, in an embedded Lua 5.1 (the language and version that Redis embeds), over a few commands
// of a Redis that is made of Lua tables. Fast enough for millions of steps. One thread.

#pragma once

#include <lua.hpp>

#include <map>
#include <span>
#include <stdexcept>
#include <string>

#include "common/clock.h"
#include "common/redis/reply.h"
#include "rate_limiter/redis_scripts.h"

namespace testing {

class LuaRedis {
 public:
  LuaRedis() : lua_(luaL_newstate()) {
    luaL_openlibs(lua_);
    if (luaL_dostring(lua_, commands) != 0) fail();
  }
  ~LuaRedis() { lua_close(lua_); }
  LuaRedis(const LuaRedis&) = delete;
  LuaRedis& operator=(const LuaRedis&) = delete;

  // As EVAL does. Throws what the script raised.
  common::redis::Reply run(const std::string& script, const rate_limiter::ScriptCall& call) {
    set("KEYS", call.keys);
    set("ARGV", call.arguments);
    const auto known = compiled_.find(script);
    if (known == compiled_.end()) {
      if (luaL_loadstring(lua_, script.c_str()) != 0) fail();
      compiled_.emplace(script, luaL_ref(lua_, LUA_REGISTRYINDEX));
    }
    lua_rawgeti(lua_, LUA_REGISTRYINDEX, compiled_.at(script));
    if (lua_pcall(lua_, 0, 1, 0) != 0) fail();
    common::redis::Reply reply = take_reply();
    lua_pop(lua_, 1);
    return reply;
  }
  void remove(const std::string& key) { run("redis.call('DEL', KEYS[1])", {{key}, {}}); }

 private:
  // Members of a sorted set come in order, as the scripts promise; anything else is their mistake.
  static constexpr const char* commands = R"lua(
    local data = {}
    local call = {}
    function call.GET(key) return data[key] or false end
    function call.SET(key, value, px, life)
      assert(px == 'PX' and life >= 1 and life % 1 == 0, 'a life in whole milliseconds')
      data[key] = value
    end
    function call.DEL(key) data[key] = nil end
    function call.PEXPIRE(key, life) assert(life >= 1 and life % 1 == 0 and data[key]) end
    function call.ZCARD(key) return data[key] and #data[key] or 0 end
    function call.ZADD(key, score, member)
      local set = data[key] or {}
      data[key] = set
      local last = set[#set]
      local number = tonumber(score)
      assert(not last or last.score < number or (last.score == number and last.member < member), 'out of order')
      set[#set + 1] = {score = number, member = member}
    end
    function call.ZCOUNT(key, low, high)
      assert(low == '-inf')
      local count, most = 0, tonumber(high)
      for _, each in ipairs(data[key] or {}) do
        if each.score > most then break end
        count = count + 1
      end
      return count
    end
    function call.ZRANGE(key, from, to, with)
      assert(with == 'WITHSCORES')
      local set, found = data[key] or {}, {}
      if from < 0 then from = #set + from end
      if to < 0 then to = #set + to end
      for rank = from, to do
        local each = set[rank + 1]
        if each then
          found[#found + 1] = each.member
          found[#found + 1] = string.format('%.17g', each.score)
        end
      end
      return found
    end
    function call.ZREMRANGEBYRANK(key, from, to)
      local kept = {}
      for rank, each in ipairs(data[key]) do
        if rank - 1 < from or rank - 1 > to then kept[#kept + 1] = each end
      end
      data[key] = kept
    end
    redis = {call = function(name, ...) return call[name](...) end}
  )lua";

  [[noreturn]] void fail() {
    const std::string what = lua_tostring(lua_, -1);
    throw std::runtime_error(what);
  }
  void set(const char* name, const std::vector<std::string>& texts) {
    lua_createtable(lua_, static_cast<int>(texts.size()), 0);
    for (std::size_t i = 0; i < texts.size(); ++i) {
      lua_pushlstring(lua_, texts[i].data(), texts[i].size());
      lua_rawseti(lua_, -2, static_cast<int>(i + 1));
    }
    lua_setglobal(lua_, name);
  }
  // As Redis converts: numbers to integers, cut.
  common::redis::Reply take_reply() {
    using common::redis::Reply;
    Reply reply;
    if (!lua_istable(lua_, -1)) return reply;
    reply.type = Reply::Type::array;
    const int size = static_cast<int>(lua_objlen(lua_, -1));
    for (int i = 1; i <= size; ++i) {
      lua_rawgeti(lua_, -1, i);
      Reply element;
      if (lua_type(lua_, -1) == LUA_TNUMBER) {
        element.type = Reply::Type::integer;
        element.integer = static_cast<std::int64_t>(lua_tonumber(lua_, -1));
      } else {
        element.type = Reply::Type::text;
        element.text = lua_tostring(lua_, -1);
      }
      reply.elements.push_back(std::move(element));
      lua_pop(lua_, 1);
    }
    return reply;
  }

  lua_State* lua_;
  std::map<std::string, int> compiled_;
};

// The store that Redis is, with its scripts in this process.
class LimiterStoreLua final : public rate_limiter::LimiterStore {
 public:
  explicit LimiterStoreLua(const common::Clock& clock) : clock_(clock) {}

  bool check_now(std::span<const rate_limiter::Check> checks, std::span<rate_limiter::Decision> decisions) override {
    const auto first = checks[0].limit->limit.algorithm;
    bool alike = true;
    for (const auto& check : checks)
      alike = alike && check.limit->limit.algorithm == first;
    const auto& script = alike ? scripts_[static_cast<std::size_t>(first)] : scripts_.back();
    const auto reply = redis_.run(script, rate_limiter::check_call(checks, now()));
    rate_limiter::read_decisions(reply, checks, decisions).value();
    return true;
  }
  common::Task<common::Result<void>> check(std::span<const rate_limiter::Check> checks,
                                           std::span<rate_limiter::Decision> decisions) override {
    check_now(checks, decisions);
    co_return common::Result<void>{};
  }
  common::Task<common::Result<rate_limiter::Snapshot>> look(const rate_limiter::Check& check) override {
    const rate_limiter::ScriptCall call{{rate_limiter::redis_key(check)},
                                        {now(), std::string(to_string(check.limit->limit.algorithm))}};
    co_return rate_limiter::read_snapshot(redis_.run(rate_limiter::look_script(), call), check.limit->limit);
  }
  common::Task<common::Result<void>> forget(const rate_limiter::Check& check) override {
    redis_.remove(rate_limiter::redis_key(check));
    co_return common::Result<void>{};
  }

 private:
  static std::vector<std::string> all_scripts() {
    std::vector<std::string> scripts;
    for (const auto& each : rate_limiter::algorithms)
      scripts.push_back(rate_limiter::check_script(each.algorithm));
    scripts.push_back(rate_limiter::check_script_of_all());
    return scripts;
  }
  std::string now() const { return std::to_string(rate_limiter::ticks_of(clock_.now())); }

  const common::Clock& clock_;
  LuaRedis redis_;
  const std::vector<std::string> scripts_ = all_scripts();
};

}  // namespace testing
