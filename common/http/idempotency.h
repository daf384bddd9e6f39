// Idempotency-Key: a creating POST that may be sent twice and happens once
// (draft-ietf-httpapi-idempotency-key-header).
//
// Three parts. The key is read here. Two requests with one key at the same time are told apart here, by InFlightKeys:
// the second gets 409. And the answer is kept by the store, in the same transaction as the effect it answers for:
// kept beside it, a crash between the two would lose one of them.

#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_set>
#include <variant>

#include "common/http/request.h"
#include "common/http/response.h"

namespace common::http {

struct IdempotencyKey {
  std::string scope;         // caller and route: another caller's equal key is another key
  std::string key;           // unquoted, 1 to 255 printable ASCII characters
  std::string request_hash;  // SHA-256 of path parameters, query and body, hex
};

// The request's key, if it has one, or 400 when it is malformed. To be asked behind the router: the parameters are its.
std::variant<std::optional<IdempotencyKey>, Response> idempotency_key(const Request& request);

// Keys whose first request is being worked on, in this process. Thread-safe.
class InFlightKeys {
 public:
  class Ticket {
   public:
    Ticket(InFlightKeys& keys, std::string name) : keys_(&keys), name_(std::move(name)) {}
    Ticket(Ticket&& other) noexcept : keys_(std::exchange(other.keys_, nullptr)), name_(std::move(other.name_)) {}
    Ticket& operator=(Ticket&& other) noexcept {
      std::swap(keys_, other.keys_);
      std::swap(name_, other.name_);
      return *this;
    }
    ~Ticket() {
      if (keys_) keys_->leave(name_);
    }

   private:
    InFlightKeys* keys_;
    std::string name_;
  };

  // nullopt when a request with this key is under way: answer in_flight().
  std::optional<Ticket> enter(const IdempotencyKey& key);

 private:
  void leave(const std::string& name);
  std::mutex mutex_;  // guards names_; held for one look-up
  std::unordered_set<std::string> names_;
};

Response in_flight();   // 409
Response key_reused();  // 422: the same key with another path, query or body

}  // namespace common::http
