#include "cache_aside/api.h"

#include "cache_aside/api_json.h"
#include "common/http/json_body.h"
#include "common/pagination.h"

namespace cache_aside {

namespace http = common::http;

using http::Method;

namespace {

// Browsers and proxies are to ask again: the cache is ours, and tells the truth sooner than theirs.
http::Response answer(const http::Request& request, const Read& read, std::string_view absent) {
  const std::string_view source = to_string(read.source);
  if (!read.entry.value) {
    return http::error(404, absent, "there is none with this id")
        .header("X-Cache", source)
        .header("Cache-Control", "no-store");
  }
  const std::string tag = http::etag(read.entry.version);
  http::Response response = http::none_match(request, tag) ? http::json(200, *read.entry.value) : http::Response{304};
  response.header("ETag", tag).header("X-Cache", source).header("Cache-Control", "private, no-cache");
  return response;
}

http::Response absent(std::string_view code) {
  return http::error(404, code, "there is none with this id").header("Cache-Control", "no-store");
}

http::Response replay(IdempotentAnswer kept) {
  http::Response again(kept.status);
  again.raw_headers(kept.headers).raw_headers("Idempotent-Replayed: true\r\n");
  again.body = std::move(kept.body);
  return again;
}

template <class T>
http::Response created(const T& row, std::string_view path) {
  http::Response response = http::json(201, to_json(row));
  response.header("Location", std::string(path) + "/" + std::to_string(row.id)).header("ETag", http::etag(row.version));
  return response;
}

template <class T>
http::Response outcome_of(const common::Result<EditOutcome<T>>& outcome, std::string_view absent_code, int status) {
  if (outcome.has_error()) return http::failed(outcome.error());
  if (std::holds_alternative<NotFound>(*outcome)) return absent(absent_code);
  if (const auto* other = std::get_if<VersionMismatch>(&*outcome)) return http::precondition_failed(other->current);
  if (status == 204) return http::Response{204};
  const T& row = std::get<Stored<T>>(*outcome).row;
  return http::json(200, to_json(row)).header("ETag", http::etag(row.version));
}

// A compare-and-swap for each version that If-Match names, the highest first; with * for whatever version there is.
// Ends, because versions only rise; with *, after as many races lost as nobody loses by chance.
template <class Change>
std::invoke_result_t<Change&, std::optional<std::uint64_t>> with_named_version(const http::Precondition& allowed,
                                                                               Change change) {
  constexpr int races_max = 50;
  auto version = allowed.version;
  for (int races = 0;; ++races) {
    auto outcome = co_await change(version);
    const auto* const other = outcome.has_value() ? std::get_if<VersionMismatch>(&*outcome) : nullptr;
    if (!other || races == races_max) co_return outcome;
    const bool any = !allowed.version && allowed.others.empty();
    if (!any && !allowed.names(other->current)) co_return outcome;
    if (!any) version = other->current;
  }
}

}  // namespace

void Api::add_routes(http::Router& router) {
  const auto user = [](int status) { return http::ResponseDoc{status, "the user", "User"}; };
  const auto post = [](int status) { return http::ResponseDoc{status, "the post", "Post"}; };
  router.post("/users", {.summary = "Create a user", .request_schema = "NewUser", .responses = {user(201)}},
              [this](Request& r) -> Reply { return create_user(r); });
  router.get("/users/{id:uint}", {.summary = "Read a user", .responses = {user(200)}},
             [this](Request& r) -> Reply { return read_user(r); });
  router.patch("/users/{id:uint}",
               {.summary = "Edit a user; needs If-Match", .request_schema = "UserEdit", .responses = {user(200)}},
               [this](Request& r) -> Reply { return edit_user(r); });
  router.delete_(
      "/users/{id:uint}",
      {.summary = "Delete a user with its posts; cached posts go within seconds", .responses = {{204, "deleted", ""}}},
      [this](Request& r) -> Reply { return remove_user(r); });
  router.post("/users/{id:uint}/follow/{target:uint}",
              {.summary = "Follow somebody", .responses = {{204, "follows", ""}}},
              [this](Request& r) -> Reply { return follow(r, true); });
  router.delete_("/users/{id:uint}/follow/{target:uint}",
                 {.summary = "Follow somebody no longer", .responses = {{204, "does not follow", ""}}},
                 [this](Request& r) -> Reply { return follow(r, false); });
  router.post("/posts", {.summary = "Post something", .request_schema = "NewPost", .responses = {post(201)}},
              [this](Request& r) -> Reply { return create_post(r); });
  router.get("/posts/{id:uint}", {.summary = "Read a post", .responses = {post(200)}},
             [this](Request& r) -> Reply { return read_post(r); });
  router.patch("/posts/{id:uint}",
               {.summary = "Edit a post; needs If-Match", .request_schema = "PostEdit", .responses = {post(200)}},
               [this](Request& r) -> Reply { return edit_post(r); });
  router.delete_("/posts/{id:uint}", {.summary = "Delete a post", .responses = {{204, "deleted", ""}}},
                 [this](Request& r) -> Reply { return remove_post(r); });
  router.get("/feed/{userId:uint}",
             {.summary = "The posts of those whom a user follows, newest first",
              .query = {"limit", "cursor"},
              .responses = {{200, "a page", "FeedPage"}}},
             [this](Request& r) -> Reply { return read_feed(r); });
}

// ---- users ----

// The hot path: a value at hand, no coroutine.
Api::Reply Api::read_user(Request& request) {
  const double chance = CacheAside::throw_chance(common::thread_random());
  if (auto read = d_.users.read_now(request.numbers[0], chance)) return answer(request, *read, "USER_NOT_FOUND");
  return read_user_slowly(request, chance);
}

Api::Task Api::read_user_slowly(Request& request, double chance) {
  const auto began = d_.clock.monotonic();
  const auto read = co_await d_.users.read(request.numbers[0], chance);
  if (read.has_error()) co_return http::failed(read.error());
  const bool cached = read->source == Source::hit || read->source == Source::negative || read->source == Source::stale;
  request.timings.push_back({cached ? "cache" : "store", d_.clock.monotonic() - began});
  co_return answer(request, *read, "USER_NOT_FOUND");
}

// Within one key a creation happens once: the answer is kept in the transaction that creates.
template <class T, class Create>
Api::Task Api::create_once(Request& request, std::string_view path, Create create) {
  auto key_or_refusal = http::idempotency_key(request);
  if (auto* refused = std::get_if<Response>(&key_or_refusal)) co_return std::move(*refused);
  const auto& key = std::get<std::optional<http::IdempotencyKey>>(key_or_refusal);
  std::optional<http::InFlightKeys::Ticket> ticket;
  std::optional<Keep<T>> keep;
  if (key) {
    ticket = in_flight_.enter(*key);
    if (!ticket) co_return http::in_flight();
    keep = Keep<T>{key->scope, key->key, key->request_hash, [key = *key, path](const T& row) {
                     const Response made = created(row, path);
                     return IdempotentAnswer{key.scope, key.key, key.request_hash, 201, std::string(made.headers()),
                                             made.body};
                   }};
  }
  auto outcome = co_await create(std::move(keep));
  if (outcome.has_error()) co_return http::failed(outcome.error());
  if (auto* before = std::get_if<Replayed>(&*outcome)) co_return replay(std::move(before->answer));
  if (std::holds_alternative<KeyReused>(*outcome)) co_return http::key_reused();
  if (std::holds_alternative<NoSuchUser>(*outcome)) {
    co_return http::error(422, "AUTHOR_NOT_FOUND", "there is no such author", {{"authorId", "is no user's id"}});
  }
  co_return created(std::get<Stored<T>>(*outcome).row, path);
}

Api::Task Api::create_user(Request& request) {
  auto body = http::read_json(request);
  if (body.has_error()) co_return body.error();
  auto wanted = parse_new_user(*body);
  if (auto* refused = std::get_if<Response>(&wanted)) co_return std::move(*refused);
  User user = std::move(std::get<User>(wanted));
  co_return co_await create_once<User>(request, "/users", [&](std::optional<Keep<User>> keep) {
    return d_.users.create(std::move(user), std::move(keep));
  });
}

Api::Task Api::edit_user(Request& request) {
  auto precondition = http::if_match(request, true);
  if (auto* refused = std::get_if<Response>(&precondition)) co_return std::move(*refused);
  auto body = http::read_json(request);
  if (body.has_error()) co_return body.error();
  auto wanted = parse_user_edit(*body);
  if (auto* refused = std::get_if<Response>(&wanted)) co_return std::move(*refused);
  const std::uint64_t id = request.numbers[0];
  const auto began = d_.clock.monotonic();
  const auto outcome = co_await with_named_version(
      std::get<http::Precondition>(precondition),
      [&](std::optional<std::uint64_t> version) { return d_.users.edit(id, std::get<UserEdit>(wanted), version); });
  request.timings.push_back({"store", d_.clock.monotonic() - began});
  co_return outcome_of(outcome, "USER_NOT_FOUND", 200);
}

Api::Task Api::remove_user(Request& request) {
  auto precondition = http::if_match(request, false);
  if (auto* refused = std::get_if<Response>(&precondition)) co_return std::move(*refused);
  const std::uint64_t id = request.numbers[0];
  const auto outcome =
      co_await with_named_version(std::get<http::Precondition>(precondition),
                                  [&](std::optional<std::uint64_t> version) { return d_.users.remove(id, version); });
  co_return outcome_of(outcome, "USER_NOT_FOUND", 204);
}

Api::Task Api::follow(Request& request, bool follows) {
  const std::uint64_t follower = request.numbers[0];
  const std::uint64_t target = request.numbers[1];
  if (follower == target) co_return http::error(422, "SELF_FOLLOW", "nobody follows themselves");
  auto done = follows ? d_.feed.follow(follower, target) : d_.feed.unfollow(follower, target);
  const auto outcome = co_await std::move(done);
  if (outcome.has_error()) co_return http::failed(outcome.error());
  if (!*outcome) co_return absent("USER_NOT_FOUND");
  co_return Response{204};
}

// ---- posts ----

Api::Task Api::read_post(Request& request) {
  const auto began = d_.clock.monotonic();
  const auto read = co_await d_.posts.read(request.numbers[0]);
  if (read.has_error()) co_return http::failed(read.error());
  const bool cached = read->source == Source::hit || read->source == Source::negative || read->source == Source::stale;
  request.timings.push_back({cached ? "cache" : "store", d_.clock.monotonic() - began});
  co_return answer(request, *read, "POST_NOT_FOUND");
}

Api::Task Api::create_post(Request& request) {
  auto body = http::read_json(request);
  if (body.has_error()) co_return body.error();
  auto wanted = parse_new_post(*body, d_.clock.now());
  if (auto* refused = std::get_if<Response>(&wanted)) co_return std::move(*refused);
  Post post = std::move(std::get<Post>(wanted));
  co_return co_await create_once<Post>(request, "/posts", [&](std::optional<Keep<Post>> keep) {
    return d_.posts.create(std::move(post), std::move(keep));
  });
}

Api::Task Api::edit_post(Request& request) {
  auto precondition = http::if_match(request, true);
  if (auto* refused = std::get_if<Response>(&precondition)) co_return std::move(*refused);
  auto body = http::read_json(request);
  if (body.has_error()) co_return body.error();
  auto wanted = parse_post_edit(*body);
  if (auto* refused = std::get_if<Response>(&wanted)) co_return std::move(*refused);
  const std::uint64_t id = request.numbers[0];
  const auto outcome = co_await with_named_version(
      std::get<http::Precondition>(precondition),
      [&](std::optional<std::uint64_t> version) { return d_.posts.edit(id, std::get<std::string>(wanted), version); });
  co_return outcome_of(outcome, "POST_NOT_FOUND", 200);
}

Api::Task Api::remove_post(Request& request) {
  auto precondition = http::if_match(request, false);
  if (auto* refused = std::get_if<Response>(&precondition)) co_return std::move(*refused);
  const std::uint64_t id = request.numbers[0];
  const auto outcome =
      co_await with_named_version(std::get<http::Precondition>(precondition),
                                  [&](std::optional<std::uint64_t> version) { return d_.posts.remove(id, version); });
  co_return outcome_of(outcome, "POST_NOT_FOUND", 204);
}

// ---- the feed ----

Api::Task Api::read_feed(Request& request) {
  const auto limit = common::parse_page_limit(request.query_parameter("limit"));
  if (limit.has_error())
    co_return http::error(422, "LIMIT_INVALID", "the page's limit was refused", {{"limit", limit.error().message}});
  std::uint64_t below = UINT64_MAX;
  if (const auto cursor = request.query_parameter("cursor")) {
    const auto position = common::decode_cursor("feed", *cursor, "i");
    if (position.has_error()) {
      co_return http::error(422, "CURSOR_INVALID", "the cursor is not one that this list gave",
                            {{"cursor", "is invalid"}});
    }
    below = static_cast<std::uint64_t>(std::get<std::int64_t>((*position)[0]));
  }
  const auto began = d_.clock.monotonic();
  const std::uint64_t user = request.numbers[0];
  const auto reader = co_await d_.users.read(user);
  if (reader.has_error()) co_return http::failed(reader.error());
  if (!reader->entry.value) co_return absent("USER_NOT_FOUND").header("X-Cache", to_string(reader->source));
  const auto page = co_await d_.feed.read(user, d_.posts, below, *limit);
  if (page.has_error()) co_return http::failed(page.error());
  request.timings.push_back({page->source == Source::hit ? "cache" : "store", d_.clock.monotonic() - began});
  std::string body = "{\"data\":[";
  for (const auto& post : page->posts)
    body.append(body.ends_with('[') ? "" : ",").append(post);
  body += "],\"meta\":{\"limit\":" + std::to_string(*limit) + ",\"nextCursor\":";
  std::vector<common::CursorField> last(1, static_cast<std::int64_t>(page->next.value_or(0)));
  body += page->next ? "\"" + common::encode_cursor("feed", last) + "\"}}" : "null}}";
  co_return http::json(200, std::move(body))
      .header("X-Cache", to_string(page->source))
      .header("Cache-Control", "private, no-cache");
}

}  // namespace cache_aside
