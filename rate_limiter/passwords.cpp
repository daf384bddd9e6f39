#include "rate_limiter/passwords.h"

#include <sodium.h>

#include <cstring>
#include <stdexcept>

namespace rate_limiter {
namespace {

// The first choice of OWASP's password storage cheat sheet: 19 MiB, twice over, one lane.
constexpr unsigned long long passes = 2;
constexpr std::size_t memory_bytes = 19 * 1024 * 1024;

}  // namespace

std::string hash_password(std::string_view password) {
  if (sodium_init() < 0) throw std::runtime_error("libsodium cannot be used");
  char hash[crypto_pwhash_STRBYTES];
  if (crypto_pwhash_str_alg(hash, password.data(), password.size(), passes, memory_bytes,
                            crypto_pwhash_ALG_ARGON2ID13) != 0) {
    throw std::runtime_error("not enough memory for a password hash");
  }
  return hash;
}

common::Result<Users> parse_users(std::string_view text, const std::string& file) {
  Users users;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line[0] == '#') continue;
    const auto invalid = [&](const char* what) {
      return common::Error{common::Failure::invalid, file + ":" + std::to_string(number) + ": " + what};
    };
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0) return invalid("must be NAME:HASH");
    const std::string hash(line.substr(colon + 1));
    const bool readable = hash.size() < crypto_pwhash_STRBYTES && hash.starts_with("$argon2id$") &&
                          crypto_pwhash_str_needs_rehash(hash.c_str(), passes, memory_bytes) == 0;
    if (!readable)
      return invalid("the hash must be an encoded Argon2id one of this cost: $argon2id$v=19$m=19456,t=2,p=1$…");
    if (!users.emplace(line.substr(0, colon), hash).second) return invalid("this name is there already");
  }
  return users;
}

Passwords::Passwords(Users users)
    : users_(std::move(users)), nobodys_hash_(hash_password("nobody's")), thread_([this] { work(); }) {}

Passwords::~Passwords() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  asked_.notify_one();
  thread_.join();
}

common::Task<common::Result<bool>> Passwords::check(std::string user, std::string password) {
  const auto found = users_.find(user);
  bool right = false;
  bool full = false;
  const auto executor = co_await common::asio::this_coro::executor;
  const auto ask = [&](common::Parked self) {
    const std::lock_guard lock(mutex_);
    full = waiting_.size() >= waiting_max || ending_;
    if (full) {
      std::vector<common::Parked> back;
      back.push_back(std::move(self));
      common::resume(std::move(back));
      return;
    }
    const bool known = found != users_.end();
    waiting_.push_back({known ? found->second : nobodys_hash_, std::move(password), known, &right, std::move(self)});
    asked_.notify_one();
  };
  co_await common::park(executor, ask);
  if (full) co_return common::Error{common::Failure::overloaded, "too many passwords wait to be checked"};
  co_return right;
}

void Passwords::work() {
  for (std::unique_lock lock(mutex_);;) {
    asked_.wait(lock, [&] { return ending_ || !waiting_.empty(); });
    if (ending_) return;
    Question question = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    const bool fits =
        crypto_pwhash_str_verify(question.hash.c_str(), question.password.data(), question.password.size()) == 0;
    sodium_memzero(question.password.data(), question.password.size());
    *question.right = fits && question.known;
    std::vector<common::Parked> asker;
    asker.push_back(std::move(question.asker));
    common::resume(std::move(asker));
    lock.lock();
  }
}

}  // namespace rate_limiter
