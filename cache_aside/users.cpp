#include "cache_aside/users.h"

#include "cache_aside/keys.h"
#include "cache_aside/row_write.h"

namespace cache_aside {

using common::Result;
using common::Task;

namespace {

Task<Result<std::optional<Row>>> load(Users::Parts parts, std::uint64_t id, std::uint64_t floor) {
  auto user = co_await parts.gate.run([&] { return parts.store.find(id, floor); });
  if (user.has_error()) co_return user.error();
  if (!*user) co_return std::optional<Row>();
  std::optional<Row> row(Row{(*user)->version, to_json(**user)});
  co_return row;
}

}  // namespace

Users::Users(Parts parts)
    : parts_(parts), horizon_([parts] { return parts.gate.run([&parts] { return parts.store.last_id(); }); }) {}

Task<Result<Read>> Users::read(std::uint64_t id, std::optional<double> chance) {
  if (!horizon_.surely_below(id)) {
    const auto may_exist = co_await horizon_.may_exist(id);
    if (may_exist.has_value() && !*may_exist) co_return parts_.reads.absent();
    // Not known, since the database is away: what is cached is answered all the same.
  }
  Load from_store = [parts = parts_, id](std::uint64_t floor) { return load(parts, id, floor); };
  co_return co_await parts_.reads.read(user_key(id), parts_.ttl, std::move(from_store), chance);
}

std::optional<Read> Users::read_now(std::uint64_t id, double chance) {
  return parts_.reads.read_now(user_key(id), chance);
}

Task<Result<CreateOutcome<User>>> Users::create(User user, std::optional<Keep<User>> keep) {
  const Change change{parts_.policy.guard() != Guard::none, parts_.clock.now()};
  auto outcome = co_await parts_.gate.run([&] { return parts_.store.create(user, keep, change); });
  if (outcome.has_error()) co_return outcome.error();
  if (const auto* const made = std::get_if<Stored<User>>(&*outcome)) {
    horizon_.seen(made->row.id);
    co_await parts_.policy.created(user_key(made->row.id), made->row.version, made->note);
  }
  co_return std::move(outcome);
}

Task<Result<EditOutcome<User>>> Users::edit(std::uint64_t id, UserEdit edit, std::optional<std::uint64_t> version) {
  RowWrite<User> write(
      user_key(id), parts_.gate, false,
      [&](bool noted) {
        const Change change{noted, parts_.clock.now()};
        return parts_.store.edit(id, edit, version, change);
      },
      [&] { return parts_.store.enqueue(id, edit, version); });
  (void)co_await parts_.policy.write(write);
  co_return write.take_outcome();
}

Task<Result<EditOutcome<User>>> Users::remove(std::uint64_t id, std::optional<std::uint64_t> version) {
  RowWrite<User> write(user_key(id), parts_.gate, true, [&](bool noted) {
    const Change change{noted, parts_.clock.now()};
    return parts_.store.remove(id, version, change);
  });
  (void)co_await parts_.policy.write(write);
  co_return write.take_outcome();
}

}  // namespace cache_aside
