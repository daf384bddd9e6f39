// What a user is, and what a store answers when one is made or changed.

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>

#include "common/clock.h"

namespace cache_aside {

struct User {
  std::uint64_t id = 0;
  std::string name;
  std::string email;
  std::uint64_t version = 1;  // rises by one with every change

  bool operator==(const User&) const = default;
};

// {"id","name","email","version"}: what the cache keeps and the client gets.
std::string to_json(const User& user);

struct UserEdit {
  std::optional<std::string> name;
  std::optional<std::string> email;
};

// ---- outcomes, of users and posts alike ----

// What was stored, and its row in the invalidation log (0: none was asked for).
template <class T>
struct Stored {
  T row;
  std::uint64_t note = 0;
};
struct NotFound {};
struct VersionMismatch {
  std::uint64_t current;
};
template <class T>
using EditOutcome = std::variant<Stored<T>, NotFound, VersionMismatch>;

// Whether a change writes an invalidation row too, and when it happens.
struct Change {
  bool noted = false;
  common::TimePoint now;
};

// A creating request that carried an Idempotency-Key: the answer to replay if it comes again.
struct IdempotentAnswer {
  std::string scope;  // caller and route
  std::string key;
  std::string request_hash;  // the same key with another request is a conflict
  int status = 201;
  std::string headers;
  std::string body;
};
inline constexpr std::chrono::hours answer_lifetime{24};

// `answer` is made of what was created, within its transaction, and kept there. It may be called on another thread.
template <class T>
struct Keep {
  std::string scope;
  std::string key;
  std::string request_hash;
  std::function<IdempotentAnswer(const T& created)> answer;
};

struct Replayed {
  IdempotentAnswer answer;
};                     // the same request was answered before
struct KeyReused {};   // the same key, but another request
struct NoSuchUser {};  // of a post's author
template <class T>
using CreateOutcome = std::variant<Stored<T>, Replayed, KeyReused, NoSuchUser>;

}  // namespace cache_aside
