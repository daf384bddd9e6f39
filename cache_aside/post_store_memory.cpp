#include "cache_aside/post_store_memory.h"

#include "cache_aside/keys.h"

namespace cache_aside {

using common::Result;
using common::Task;

namespace {

std::uint64_t note(StoreMemory& store, const Post& post, const Change& change) {
  return change.noted ? store.note(post_key(post.id), post.version, change.now) : 0;
}

// The post that may be changed, or why not.
std::variant<Post*, NotFound, VersionMismatch> expect(StoreMemory& store, std::uint64_t id,
                                                      std::optional<std::uint64_t> version) {
  const auto found = store.posts.find(id);
  if (found == store.posts.end()) return NotFound{};
  if (version && *version != found->second.version) return VersionMismatch{found->second.version};
  return &found->second;
}

EditOutcome<Post> refused(const std::variant<Post*, NotFound, VersionMismatch>& why) {
  if (const auto* other = std::get_if<VersionMismatch>(&why)) return *other;
  return NotFound{};
}

}  // namespace

Task<Result<CreateOutcome<Post>>> PostStoreMemory::create(Post post, std::optional<Keep<Post>> keep, Change change) {
  const std::lock_guard lock(store_.mutex);
  if (auto before = store_.answered_before(keep, change.now)) co_return std::move(*before);
  if (!store_.users.contains(post.author)) co_return CreateOutcome<Post>(NoSuchUser{});
  post.id = ++store_.last_post;
  post.version = 1;
  store_.posts[post.id] = post;
  store_.posts_by_author[post.author].insert(post.id);
  store_.keep_answer(keep, post, change.now);
  const std::uint64_t noted = note(store_, post, change);
  co_return CreateOutcome<Post>(Stored<Post>{std::move(post), noted});
}

Task<Result<std::optional<Post>>> PostStoreMemory::find(std::uint64_t id, std::uint64_t) {
  const std::lock_guard lock(store_.mutex);
  const auto found = store_.posts.find(id);
  if (found == store_.posts.end()) co_return std::optional<Post>();
  co_return std::optional<Post>(found->second);
}

Task<Result<EditOutcome<Post>>> PostStoreMemory::edit(std::uint64_t id, std::string text,
                                                      std::optional<std::uint64_t> version, Change change) {
  const std::lock_guard lock(store_.mutex);
  const auto found = expect(store_, id, version);
  if (found.index() != 0) co_return refused(found);
  Post& post = *std::get<Post*>(found);
  post.text = std::move(text);
  ++post.version;
  co_return EditOutcome<Post>(Stored<Post>{post, note(store_, post, change)});
}

Task<Result<EditOutcome<Post>>> PostStoreMemory::remove(std::uint64_t id, std::optional<std::uint64_t> version,
                                                        Change change) {
  const std::lock_guard lock(store_.mutex);
  const auto found = expect(store_, id, version);
  if (found.index() != 0) co_return refused(found);
  Post post = *std::get<Post*>(found);
  ++post.version;
  store_.posts_by_author[post.author].erase(id);
  store_.posts.erase(id);
  const std::uint64_t noted = note(store_, post, change);
  co_return EditOutcome<Post>(Stored<Post>{std::move(post), noted});
}

Task<Result<std::vector<std::uint64_t>>> PostStoreMemory::newest(std::vector<std::uint64_t> authors,
                                                                 std::uint64_t below, std::size_t limit) {
  const std::lock_guard lock(store_.mutex);
  std::vector<std::uint64_t> ids;
  for (const std::uint64_t author : authors) {
    const auto found = store_.posts_by_author.find(author);
    if (found == store_.posts_by_author.end()) continue;
    auto at = found->second.lower_bound(below);
    for (std::size_t taken = 0; taken < limit && at != found->second.begin(); ++taken)
      ids.push_back(*--at);
  }
  std::sort(ids.begin(), ids.end(), std::greater<>());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  if (ids.size() > limit) ids.resize(limit);
  co_return ids;
}

Task<Result<std::uint64_t>> PostStoreMemory::last_id() {
  const std::lock_guard lock(store_.mutex);
  co_return store_.last_post;
}

}  // namespace cache_aside
