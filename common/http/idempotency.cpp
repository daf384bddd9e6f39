#include "common/http/idempotency.h"

#include <algorithm>

#include "common/digest.h"
#include "common/text.h"

namespace common::http {
namespace {

// Two requests of one route that differ in a parameter are two requests: POST /users/1/follow/2 has no body at all.
// Each part has its length in front, so that no part can lend its end to the next. The parameters are those of the
// path behind an alias, decoded: the same request under the alias has the same hash.
std::string hash_of(const Request& request) {
  std::string parts;
  const auto add = [&parts](std::string_view part) {
    parts.append(std::to_string(part.size())).append(":").append(part);
  };
  for (const auto parameter : request.params)
    add(parameter);
  add(request.query);
  return hex_encode(sha256(parts + sha256(request.body)));
}

}  // namespace

std::variant<std::optional<IdempotencyKey>, Response> idempotency_key(const Request& request) {
  if (!request.has(Header::idempotency_key)) return std::optional<IdempotencyKey>{};
  std::string_view key = request.header(Header::idempotency_key);
  if (key.size() >= 2 && key.front() == '"' && key.back() == '"') key = key.substr(1, key.size() - 2);
  const bool good = !key.empty() && key.size() <= 255 && std::all_of(key.begin(), key.end(), [](char c) {
    return c > 0x20 && c < 0x7f && c != '"' && c != '\\';
  });
  if (!good) {
    return error(400, "IDEMPOTENCY_KEY_INVALID", "Idempotency-Key must be 1 to 255 printable ASCII characters");
  }
  IdempotencyKey result;
  result.scope =
      std::string(request.subject) + ' ' + std::string(request.method_name) + ' ' + std::string(request.route);
  result.key = key;
  result.request_hash = hash_of(request);
  return std::optional(std::move(result));
}

std::optional<InFlightKeys::Ticket> InFlightKeys::enter(const IdempotencyKey& key) {
  std::string name = key.scope + '\n' + key.key;
  const std::lock_guard lock(mutex_);
  if (!names_.insert(name).second) return std::nullopt;
  return std::optional<Ticket>(std::in_place, *this, std::move(name));
}

void InFlightKeys::leave(const std::string& name) {
  const std::lock_guard lock(mutex_);
  names_.erase(name);
}

Response in_flight() {
  return error(409, "IDEMPOTENCY_KEY_IN_FLIGHT", "a request with this Idempotency-Key is being worked on")
      .header("Retry-After", "1");
}

Response key_reused() {
  return error(422, "IDEMPOTENCY_KEY_REUSED", "this Idempotency-Key was used for another request");
}

}  // namespace common::http
