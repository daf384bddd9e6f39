// Users and their password hashes, and the thread that checks them.
//
// A password hash is slow and takes memory on purpose (Argon2id, by libsodium): some 20 ms and 19 MiB here, for whoever
// steals the file as for us. So it runs on a thread of its own, one at a time, behind a short queue: a flood of logins
// costs one core, never the event loops, and beyond the queue the answer is "later".
//
//   1. An unknown name takes as long as a wrong password: a hash of nobody's is checked instead, so that the time does
//      not tell which names exist. So a file's hashes all have the cost of this one's; others are refused.
//   2. At most `waiting_max` wait; beyond them `overloaded`.
//
// The file has lines NAME:HASH; the hash is the encoded form that `argon2` and libsodium write, $argon2id$v=19$…; '#'
// begins a comment. Thread-safe; check() on a runtime's thread.

#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "common/result.h"
#include "common/runtime/park.h"

namespace rate_limiter {

using Users = std::map<std::string, std::string, std::less<>>;  // name -> hash

// Failure::invalid with "FILE:LINE: what is wrong"; `file` is for that sentence.
common::Result<Users> parse_users(std::string_view text, const std::string& file);

// The encoded Argon2id hash of `password`, with this file's cost. Throws std::runtime_error when memory is short.
std::string hash_password(std::string_view password);

class Passwords {
 public:
  static constexpr std::size_t waiting_max = 32;
  static constexpr std::size_t password_bytes_max = 1'024;

  // Starts the thread. Throws std::runtime_error when libsodium cannot be used.
  explicit Passwords(Users users);
  ~Passwords();
  Passwords(const Passwords&) = delete;
  Passwords& operator=(const Passwords&) = delete;

  // Whether `user` has this password. Failure::overloaded when too many wait.
  common::Task<common::Result<bool>> check(std::string user, std::string password);

 private:
  struct Question {
    std::string hash;
    std::string password;
    bool known;
    bool* right;  // in the frame of who waits
    common::Parked asker;
  };
  void work();

  const Users users_;
  const std::string nobodys_hash_;
  std::mutex mutex_;  // guards the two below
  std::deque<Question> waiting_;
  bool ending_ = false;
  std::condition_variable asked_;
  std::thread thread_;
};

}  // namespace rate_limiter
