#include "cache_aside/posts.h"

#include "cache_aside/keys.h"
#include "cache_aside/row_write.h"

namespace cache_aside {

using common::Result;
using common::Task;

namespace {

Task<Result<std::optional<Row>>> load(Posts::Parts parts, std::uint64_t id, std::uint64_t floor) {
  auto post = co_await parts.gate.run([&] { return parts.store.find(id, floor); });
  if (post.has_error()) co_return post.error();
  if (!*post) co_return std::optional<Row>();
  std::optional<Row> row(Row{(*post)->version, to_json(**post)});
  co_return row;
}

}  // namespace

Posts::Posts(Parts parts, std::function<void(const Post&, std::uint64_t)> posted)
    : parts_(parts),
      posted_(std::move(posted)),
      horizon_([parts] { return parts.gate.run([&parts] { return parts.store.last_id(); }); }) {}

Task<Result<Read>> Posts::read(std::uint64_t id) {
  if (!horizon_.surely_below(id)) {
    const auto may_exist = co_await horizon_.may_exist(id);
    if (may_exist.has_value() && !*may_exist) co_return parts_.reads.absent();
    // Not known, since the database is away: what is cached is answered all the same.
  }
  Load from_store = [parts = parts_, id](std::uint64_t floor) { return load(parts, id, floor); };
  co_return co_await parts_.reads.read(post_key(id), parts_.ttl, std::move(from_store));
}

Task<Result<CreateOutcome<Post>>> Posts::create(Post post, std::optional<Keep<Post>> keep) {
  const Change change{true, parts_.clock.now()};
  auto outcome = co_await parts_.gate.run([&] { return parts_.store.create(post, keep, change); });
  if (outcome.has_error()) co_return outcome.error();
  if (const auto* const made = std::get_if<Stored<Post>>(&*outcome)) {
    horizon_.seen(made->row.id);
    co_await parts_.policy.created(post_key(made->row.id), made->row.version, 0);
    posted_(made->row, made->note);
  }
  co_return std::move(outcome);
}

Task<Result<EditOutcome<Post>>> Posts::edit(std::uint64_t id, std::string text, std::optional<std::uint64_t> version) {
  RowWrite<Post> write(post_key(id), parts_.gate, false, [&](bool noted) {
    const Change change{noted, parts_.clock.now()};
    return parts_.store.edit(id, text, version, change);
  });
  (void)co_await parts_.policy.write(write);
  co_return write.take_outcome();
}

Task<Result<EditOutcome<Post>>> Posts::remove(std::uint64_t id, std::optional<std::uint64_t> version) {
  RowWrite<Post> write(post_key(id), parts_.gate, true, [&](bool noted) {
    const Change change{noted, parts_.clock.now()};
    return parts_.store.remove(id, version, change);
  });
  (void)co_await parts_.policy.write(write);
  co_return write.take_outcome();
}

}  // namespace cache_aside
