#include "cache_aside/user_store_memory.h"

#include "cache_aside/keys.h"

namespace cache_aside {

using common::Result;
using common::Task;

namespace {

// As it will be when its queue is worked off; null when there is none.
const User* find_latest(const StoreMemory& store, std::uint64_t id) {
  const auto found = store.users.find(id);
  if (found == store.users.end()) return nullptr;
  const auto queued = store.queued.find(id);
  return queued == store.queued.end() ? &found->second.user : &queued->second;
}

// The user as the change makes it, or why it is not made.
std::variant<User, NotFound, VersionMismatch> changed(const StoreMemory& store, std::uint64_t id,
                                                      std::optional<std::uint64_t> version, const UserEdit& edit) {
  const User* const latest = find_latest(store, id);
  if (!latest) return NotFound{};
  if (version && *version != latest->version) return VersionMismatch{latest->version};
  User user = *latest;
  if (edit.name) user.name = *edit.name;
  if (edit.email) user.email = *edit.email;
  ++user.version;
  return user;
}

EditOutcome<User> refused(const std::variant<User, NotFound, VersionMismatch>& why) {
  if (const auto* other = std::get_if<VersionMismatch>(&why)) return *other;
  return NotFound{};
}

std::uint64_t note(StoreMemory& store, const User& user, const Change& change) {
  return change.noted ? store.note(user_key(user.id), user.version, change.now) : 0;
}

void remove_relations(StoreMemory& store, std::uint64_t id, common::TimePoint now) {
  for (const std::uint64_t post : store.posts_by_author[id]) {
    store.note(post_key(post), store.posts.at(post).version + 1, now);
    store.posts.erase(post);
  }
  store.posts_by_author.erase(id);
  for (const std::uint64_t followee : store.followees[id]) {
    store.followers[followee].erase(id);
    --store.users.at(followee).followers;
  }
  for (const std::uint64_t follower : store.followers[id]) {
    store.followees[follower].erase(id);
    store.note(following_key(follower), 0, now);
  }
  store.followees.erase(id);
  store.followers.erase(id);
}

}  // namespace

Task<Result<CreateOutcome<User>>> UserStoreMemory::create(User user, std::optional<Keep<User>> keep, Change change) {
  const std::lock_guard lock(store_.mutex);
  if (auto before = store_.answered_before(keep, change.now)) co_return std::move(*before);
  user.id = ++store_.last_user;
  user.version = 1;
  store_.users[user.id].user = user;
  store_.keep_answer(keep, user, change.now);
  const std::uint64_t noted = note(store_, user, change);
  co_return CreateOutcome<User>(Stored<User>{std::move(user), noted});
}

Task<Result<std::optional<User>>> UserStoreMemory::find(std::uint64_t id, std::uint64_t) {
  const std::lock_guard lock(store_.mutex);
  const auto found = store_.users.find(id);
  if (found == store_.users.end()) co_return std::optional<User>();
  co_return std::optional<User>(found->second.user);
}

Task<Result<EditOutcome<User>>> UserStoreMemory::edit(std::uint64_t id, UserEdit edit,
                                                      std::optional<std::uint64_t> version, Change change) {
  const std::lock_guard lock(store_.mutex);
  auto outcome = changed(store_, id, version, edit);
  if (outcome.index() != 0) co_return refused(outcome);
  User& user = std::get<User>(outcome);
  store_.users[id].user = user;
  store_.queued.erase(id);
  const std::uint64_t noted = note(store_, user, change);
  co_return EditOutcome<User>(Stored<User>{std::move(user), noted});
}

Task<Result<EditOutcome<User>>> UserStoreMemory::remove(std::uint64_t id, std::optional<std::uint64_t> version,
                                                        Change change) {
  const std::lock_guard lock(store_.mutex);
  auto outcome = changed(store_, id, version, {});
  if (outcome.index() != 0) co_return refused(outcome);
  remove_relations(store_, id, change.now);
  store_.users.erase(id);
  store_.queued.erase(id);
  User& user = std::get<User>(outcome);
  const std::uint64_t noted = note(store_, user, change);
  co_return EditOutcome<User>(Stored<User>{std::move(user), noted});
}

Task<Result<EditOutcome<User>>> UserStoreMemory::enqueue(std::uint64_t id, UserEdit edit,
                                                         std::optional<std::uint64_t> version) {
  const std::lock_guard lock(store_.mutex);
  auto outcome = changed(store_, id, version, edit);
  if (outcome.index() != 0) co_return refused(outcome);
  User& user = std::get<User>(outcome);
  store_.queued[id] = user;
  co_return EditOutcome<User>(Stored<User>{std::move(user), 0});
}

Task<Result<std::size_t>> UserStoreMemory::work_off(std::size_t limit) {
  const std::lock_guard lock(store_.mutex);
  std::size_t made = 0;
  for (; made < limit && !store_.queued.empty(); ++made) {
    const auto first = store_.queued.begin();
    store_.users[first->first].user = first->second;
    store_.queued.erase(first);
  }
  co_return made;
}

Task<Result<std::uint64_t>> UserStoreMemory::last_id() {
  const std::lock_guard lock(store_.mutex);
  co_return store_.last_user;
}

}  // namespace cache_aside
