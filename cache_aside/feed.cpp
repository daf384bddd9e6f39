#include "cache_aside/feed.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "cache_aside/keys.h"
#include "common/runtime/all.h"

namespace cache_aside {

using common::Result;
using common::Task;

namespace {

constexpr std::size_t readers_max = 10'000;
constexpr std::size_t followers_page = 1000;
constexpr std::size_t told_max = 10'000;
constexpr std::chrono::seconds rebuild_patience{5};

// Ids as what a flight carries.
Entry packed(const std::vector<std::uint64_t>& ids) {
  Entry entry;
  entry.value.emplace(ids.size() * sizeof(std::uint64_t), '\0');
  if (!ids.empty()) std::memcpy(entry.value->data(), ids.data(), entry.value->size());
  return entry;
}
std::vector<std::uint64_t> unpacked(const Entry& entry) {
  std::vector<std::uint64_t> ids(entry.value->size() / sizeof(std::uint64_t));
  if (!ids.empty()) std::memcpy(ids.data(), entry.value->data(), entry.value->size());
  return ids;
}

// "7 12* 30": ids, a star behind a celebrity's.
std::string to_text(const std::vector<Followee>& followees) {
  std::string text;
  for (const Followee& each : followees)
    text += std::to_string(each.id) + (each.celebrity ? "* " : " ");
  return text;
}

std::vector<Followee> to_followees(std::string_view text) {
  std::vector<Followee> followees;
  while (!text.empty()) {
    Followee followee;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), followee.id);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (error != std::errc{} || text.empty()) break;
    followee.celebrity = text[0] == '*';
    text.remove_prefix(std::min(text.find(' ') + 1, text.size()));
    followees.push_back(followee);
  }
  return followees;
}

// What a page says of itself: the most that is true of a part of it.
Source sum(Source one, Source other) {
  const auto rank = [](Source source) {
    if (source == Source::bypass) return 3;
    if (source == Source::miss || source == Source::coalesced) return 2;
    return source == Source::stale ? 1 : 0;
  };
  constexpr std::array names{Source::hit, Source::stale, Source::miss, Source::bypass};
  return names.at(static_cast<std::size_t>(std::max(rank(one), rank(other))));
}

}  // namespace

Feed::Feed(Parts parts, Options options)
    : parts_(parts),
      options_(options),
      deliveries_([this](Delivery delivery) { return deliver(delivery.post, delivery.author, delivery.note); }) {}

// ---- reading ----

Task<Result<Feed::Followed>> Feed::followees(std::uint64_t user, Errand errand) {
  Load load = [this, user, errand](std::uint64_t floor) -> Task<Result<std::optional<Row>>> {
    auto found = co_await query_for(errand, [&] { return parts_.follows.followees(user); });
    if (found.has_error()) co_return found.error();
    std::optional<Row> row(Row{floor == unknown_floor ? 0 : floor, to_text(*found)});
    co_return row;
  };
  const auto read = co_await parts_.reads.read(following_key(user), options_.lists.ttl, std::move(load));
  if (read.has_error()) co_return read.error();
  Followed followed;
  followed.source = read->source;
  for (const Followee& each : to_followees(read->entry.value.value_or("")))
    (parts_.fanout.pulls(each) ? followed.pulled : followed.pushed).push_back(each.id);
  co_return followed;
}

Task<Result<Feed::Ids>> Feed::newest(Ids authors, std::uint64_t below, std::size_t limit, Errand errand) {
  if (authors.empty()) co_return Ids{};
  co_return co_await query_for(errand, [&] { return parts_.posts.newest(authors, below, limit); });
}

// The list whole, as it is in the database, and from now on in the cache.
Task<Result<Feed::Ids>> Feed::rebuild(List list, Errand errand) {
  Result<Entry> built = common::Error{};
  if (options_.coalesce) {
    Flights::Load load = [this, list, errand] { return rebuild_once(list, errand); };
    auto landed = co_await rebuilds_.fly(list.name(), Flights::Join::next, rebuild_patience, std::move(load));
    built = std::move(landed.outcome);
  } else {
    built = co_await rebuild_once(list, errand);
  }
  if (built.has_error()) co_return built.error();
  co_return unpacked(*built);
}

Task<Result<Entry>> Feed::rebuild_once(List list, Errand errand) {
  std::string ticket = co_await parts_.lists.ticket(list.name());
  auto authors = co_await authors_of(list, errand);
  if (authors.has_error()) co_return authors.error();
  auto all = co_await newest(std::move(*authors), UINT64_MAX, options_.lists.entries_max, errand);
  if (all.has_error()) co_return all.error();
  if (all->size() < options_.lists.entries_max) all->push_back(IdLists::the_end);
  Entry built = packed(*all);
  co_await parts_.lists.fill(list.name(), std::move(*all), std::move(ticket));
  co_return built;
}

Task<Result<Feed::Ids>> Feed::authors_of(List list, Errand errand) {
  if (!list.feed) co_return Ids(1, list.of);
  auto followed = co_await followees(list.of, errand);
  if (followed.has_error()) co_return followed.error();
  co_return std::move(followed->pushed);
}

// From the cached list; a cold one is rebuilt first, and what lies behind its end is read from the database. So is all
// where there is no cache, or it is away.
Task<Result<Feed::Found>> Feed::ids_of(List list, Ids authors, bool cached_lists, std::uint64_t below,
                                       std::size_t limit, Errand errand) {
  Found found;
  if (cached_lists) {
    auto cached = co_await parts_.lists.read(list.name(), below, limit);
    if (!cached) {
      found.rebuilt = true;
      found.source = Source::miss;
      const auto all = co_await rebuild(list, errand);
      if (all.has_error()) co_return all.error();
      cached.emplace();
      for (const std::uint64_t id : *all) {
        if (id < below && cached->size() < limit) cached->push_back(id);
      }
    }
    found.ids = std::move(*cached);
    const bool ends = !found.ids.empty() && found.ids.back() == IdLists::the_end;
    if (ends) found.ids.pop_back();
    if (ends || found.ids.size() >= limit) co_return found;
  }
  const std::uint64_t from = found.ids.empty() ? below : found.ids.back();
  const std::size_t missing = limit - found.ids.size();
  const auto older = co_await newest(std::move(authors), from, missing, errand);
  if (older.has_error()) co_return older.error();
  found.source = Source::miss;
  found.ids.insert(found.ids.end(), older->begin(), older->end());
  co_return found;
}

// A rebuild may know of a change that its reader did not: then once more, so that an author who has just become a
// celebrity is in one of the two.
Task<Result<Feed::Found>> Feed::candidates(std::uint64_t user, std::uint64_t below, std::size_t limit, Errand errand) {
  auto followed = co_await followees(user, errand);
  if (followed.has_error()) co_return followed.error();
  auto found = co_await merged(user, *followed, below, limit, errand);
  if (found.has_error() || !found->rebuilt) co_return found;
  auto since = co_await followees(user, errand);
  if (since.has_error()) co_return since.error();
  if (same(*followed, *since)) co_return found;
  co_return co_await merged(user, std::move(*since), below, limit, errand);
}

Task<Result<Feed::Found>> Feed::merged(std::uint64_t user, Followed followed, std::uint64_t below, std::size_t limit,
                                       Errand errand) {
  const bool cached = !options_.bypass && followed.source != Source::bypass;
  std::vector<Task<Result<Found>>> lists;
  if (!followed.pushed.empty())
    lists.push_back(ids_of({true, user}, std::move(followed.pushed), cached, below, limit, errand));
  for (const std::uint64_t author : followed.pulled)
    lists.push_back(ids_of({false, author}, Ids(1, author), cached, below, limit, errand));
  const auto parts = co_await common::all(std::move(lists));
  Found found;
  found.source = followed.source;
  for (const auto& part : parts) {
    if (part.has_error()) co_return part.error();
    found.source = sum(found.source, part->source);
    found.rebuilt = found.rebuilt || part->rebuilt;
    found.ids.insert(found.ids.end(), part->ids.begin(), part->ids.end());
  }
  std::sort(found.ids.begin(), found.ids.end(), std::greater<>());
  found.ids.erase(std::unique(found.ids.begin(), found.ids.end()), found.ids.end());
  if (found.ids.size() > limit) found.ids.resize(limit);
  co_return found;
}

Task<Result<FeedPage>> Feed::read(std::uint64_t user, Posts& posts, std::uint64_t below, std::size_t limit) {
  remember_reader(user);
  FeedPage page;
  if (options_.bypass) page.source = Source::bypass;
  const std::size_t wanted = limit + 1;  // one more tells whether there is another page
  for (;;) {
    const auto found = co_await candidates(user, below, wanted, Errand::request);
    if (found.has_error()) co_return found.error();
    page.source = sum(page.source, found->source);
    std::vector<Task<Result<Read>>> hydrating;
    for (const std::uint64_t id : found->ids)
      hydrating.push_back(posts.read(id));
    auto reads = co_await common::all(std::move(hydrating));
    for (std::size_t i = 0; i < reads.size(); ++i) {
      if (reads[i].has_error()) co_return reads[i].error();
      page.source = sum(page.source, reads[i]->source);
      if (!reads[i]->entry.value) continue;  // deleted
      if (page.posts.size() == limit) {
        page.next = below;
        co_return page;
      }
      below = found->ids[i];
      page.posts.push_back(std::move(*reads[i]->entry.value));
    }
    if (found->ids.size() < wanted) co_return page;
    below = found->ids.back();
  }
}

// ---- following ----

Task<Result<bool>> Feed::follow(std::uint64_t follower, std::uint64_t followee) {
  auto change = co_await parts_.gate.run(
      [&] { return parts_.follows.follow(follower, followee, options_.celebrity_followers, parts_.clock.now()); });
  co_return co_await tell(follower, std::move(change));
}

Task<Result<bool>> Feed::unfollow(std::uint64_t follower, std::uint64_t followee) {
  auto change =
      co_await parts_.gate.run([&] { return parts_.follows.unfollow(follower, followee, parts_.clock.now()); });
  co_return co_await tell(follower, std::move(change));
}

// As a write policy does after a commit: what may have changed is thrown away, and once that is certain the row in the
// log is settled.
Task<Result<bool>> Feed::tell(std::uint64_t follower, Result<FollowChange> change) {
  if (change.has_error()) {
    if (!is_retryable(change.error().kind)) co_await followees_changed(follower);
    co_return change.error();
  }
  if (change->note == 0) co_return bool(change->there);
  const bool certain = co_await followees_changed(follower);
  if (certain) {
    {
      const std::lock_guard lock(mutex_);
      told_.insert(change->note);
      if (told_.size() > told_max) told_.erase(told_.begin());
    }
    common::spawn(co_await common::asio::this_coro::executor, "settle a follow", settle(change->note));
  }
  co_return true;
}

// Both lists go.
Task<bool> Feed::followees_changed(std::uint64_t user) {
  const bool certain = co_await parts_.reads.forget(following_key(user));
  const List own{true, user};
  const bool forgotten = co_await parts_.lists.forget(own.name());
  co_return certain&& forgotten;
}

bool Feed::has_told(std::uint64_t note) {
  const std::lock_guard lock(mutex_);
  return told_.contains(note);
}

// Not settled: it is replayed, which does no harm.
Task<> Feed::settle(std::uint64_t note) {
  std::vector<std::uint64_t> ids(1, note);
  co_await parts_.gate.maintain([&] { return parts_.log.settle(ids); });
}

// ---- posting ----

std::function<void(const Post&, std::uint64_t)> Feed::posted(common::Runtime& runtime) {
  return [this, &runtime](const Post& post, std::uint64_t note) {
    deliveries_.begin(runtime.executor(common::current_thread_index()), {post.id, post.author, note});
  };
}

Task<bool> Feed::deliver(std::uint64_t post, std::uint64_t author, std::uint64_t note) {
  if (!options_.bypass) {
    const bool certain = co_await push(post, author);
    if (!certain) co_return false;
  }
  if (note != 0) co_await settle(note);
  co_return true;
}

Task<bool> Feed::push(std::uint64_t post, std::uint64_t author) {
  const List latest{false, author};
  std::vector<std::string> own(1, latest.name());
  const bool certain = co_await parts_.lists.push(std::move(own), post);
  const auto fame = co_await parts_.gate.work([&] { return parts_.follows.fame(author); });
  if (fame.has_error()) co_return false;
  if (!parts_.fanout.pushes(*fame, parts_.clock.now())) co_return certain;
  const bool pushed = co_await push_to_followers(post, author);
  co_return certain&& pushed;
}

Task<bool> Feed::push_to_followers(std::uint64_t post, std::uint64_t author) {
  bool certain = true;
  for (std::uint64_t after = 0;;) {
    const auto followers =
        co_await parts_.gate.work([&] { return parts_.follows.followers(author, after, followers_page); });
    if (followers.has_error()) co_return false;
    std::vector<std::string> names;
    for (const std::uint64_t follower : *followers)
      names.push_back(List{true, follower}.name());
    const std::size_t count = names.size();
    if (count > 0) {
      const bool pushed = co_await parts_.lists.push(std::move(names), post);
      certain = certain && pushed;
      after = followers->back();
    }
    if (count < followers_page) co_return certain;
  }
}

// ---- warming ----

void Feed::remember_reader(std::uint64_t user) {
  const std::lock_guard lock(mutex_);
  if (readers_.size() < readers_max || readers_.contains(user)) readers_[user] = parts_.clock.now();
}

Task<std::size_t> Feed::warm() {
  if (options_.bypass) co_return 0;
  const auto since = parts_.clock.now() - std::chrono::duration_cast<std::chrono::microseconds>(options_.lists.ttl);
  Ids recent;
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(readers_, [&](const auto& each) { return each.second < since; });
    for (const auto& [user, at] : readers_)
      recent.push_back(user);
  }
  std::size_t rebuilt = 0;
  for (const std::uint64_t user : recent) {
    const auto found = co_await candidates(user, UINT64_MAX, 1, Errand::warming);
    if (found.has_value() && found->rebuilt) ++rebuilt;  // one that fails does not keep the others cold
  }
  co_return rebuilt;
}

}  // namespace cache_aside
