// Users over HTTP: put, import, preferences, unsubscribe, inbox.
//
// An import is a stream of any size: its lines are stored in groups while more arrive, so memory does not grow with
// it; what is slower, the disk or the sender, sets the pace. It answers at the end; lines before a fault are stored.

#pragma once

#include "common/http/router.h"
#include "common/http/sse.h"
#include "notifier/inbox_store.h"
#include "notifier/user_store.h"

namespace notifier {

class ApiUsers {
 public:
  struct Dependencies {
    UserStore& users;
    InboxStore& inbox;
    std::string unsubscribe_secret;
  };

  explicit ApiUsers(Dependencies dependencies) : d_(std::move(dependencies)) {}

  // Adds its routes; this must outlive the router's use.
  void add_routes(common::http::Router& router);

 private:
  using Reply = common::http::Reply;
  using Request = common::http::Request;
  using Response = common::http::Response;
  using Task = common::Task<Response>;

  Task put(Request& request);
  Task read(Request& request);
  Task import(Request& request);
  Task read_preferences(Request& request);
  Task put_preferences(Request& request);
  Response show_unsubscribe(Request& request);
  Task unsubscribe(Request& request);
  Task list_inbox(Request& request);
  Response inbox_events(Request& request);
  common::Task<> send_inbox(common::http::EventSink& events, std::string user, std::int64_t after);

  const Dependencies d_;
};

}  // namespace notifier
