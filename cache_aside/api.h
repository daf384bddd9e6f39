// The HTTP interface: parse, call, answer. What each read says of its cache: X-Cache, Server-Timing.

#pragma once

#include "cache_aside/feed.h"
#include "cache_aside/posts.h"
#include "cache_aside/users.h"
#include "common/http/conditional.h"
#include "common/http/idempotency.h"
#include "common/http/router.h"

namespace cache_aside {

class Api {
 public:
  struct Dependencies {
    Users& users;
    Posts& posts;
    Feed& feed;
    const common::Clock& clock;
  };
  explicit Api(Dependencies dependencies) : d_(dependencies) {}

  // Adds all routes; this must outlive the router's use.
  void add_routes(common::http::Router& router);

 private:
  using Reply = common::http::Reply;
  using Request = common::http::Request;
  using Response = common::http::Response;
  using Task = common::Task<Response>;

  Reply read_user(Request& request);
  Task read_user_slowly(Request& request, double chance);
  Task create_user(Request& request);
  Task edit_user(Request& request);
  Task remove_user(Request& request);
  Task follow(Request& request, bool follows);
  Task read_post(Request& request);
  Task create_post(Request& request);
  Task edit_post(Request& request);
  Task remove_post(Request& request);
  Task read_feed(Request& request);

  template <class T, class Create>
  Task create_once(Request& request, std::string_view path, Create create);

  Dependencies d_;
  common::http::InFlightKeys in_flight_;
};

}  // namespace cache_aside
