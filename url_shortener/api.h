// The shortener's HTTP interface: parse, call, answer. Creating links is in api.cpp, what concerns those that are there
// in api_links.cpp; redirects, the hot path, are in redirect.h.

#pragma once

#include <string>
#include <vector>

#include "common/clock.h"
#include "common/http/idempotency.h"
#include "common/http/router.h"
#include "rate_limiter/local_limit_memory.h"
#include "url_shortener/click_store.h"
#include "url_shortener/code_generator.h"
#include "url_shortener/extras/extras.h"
#include "url_shortener/link_finder.h"
#include "url_shortener/link_json.h"
#include "url_shortener/link_store.h"
#include "url_shortener/redirect.h"
#include "url_shortener/scanner_brake.h"

namespace url_shortener {

class Api {
 public:
  struct Dependencies {
    LinkStore& links;
    ClickStore& click_store;
    CodeGenerator& codes;
    LinkFinder& finder;
    Redirect& redirect;
    ScannerBrake& brake;
    const common::Clock& clock;
  };

  struct Options {
    std::string base_url;                             // what short URLs begin with, without a slash at the end
    std::vector<std::string> own_authorities;         // every "host[:port]" that is this server's alone
    std::optional<rate_limiter::Limit> create_limit;  // links that one client may create
  };

  // Links that lead back to base_url or an own authority are refused.
  Api(Dependencies dependencies, Options options);

  // Adds all routes; this must outlive the router's use.
  void add_routes(common::http::Router& router);

 private:
  using Reply = common::http::Reply;
  using Request = common::http::Request;
  using Response = common::http::Response;
  using Task = common::Task<Response>;

  Task shorten(Request& request);
  Task create(NewLink wanted, const std::optional<common::http::IdempotencyKey>& key, common::TimePoint now);
  Task list(Request& request);
  Task read(Request& request);
  Task edit(Request& request);
  Task remove(Request& request);
  Task stats(Request& request);
  Task preview(Request& request);

  Response created(const Link& link, int status) const;
  Response page(const std::vector<Link>& links, std::size_t limit, const std::optional<Position>& next) const;
  Task edited(Request& request, common::Result<EditOutcome> outcome, int status);
  Task absent(Request& request);

  LinkStore& links_;
  ClickStore& click_store_;
  CodeGenerator& codes_;
  LinkFinder& finder_;
  Redirect& redirect_;
  ScannerBrake& brake_;
  const common::Clock& clock_;
  std::string base_url_;
  std::vector<std::string> own_places_;  // as check_url() takes them
  rate_limiter::LocalLimit create_limit_;
  common::http::InFlightKeys in_flight_;
  Extras extras_{{links_, codes_, finder_, brake_, clock_, base_url_, own_places_, create_limit_, in_flight_}};
};

// What all that create links answer.
IdempotentAnswer kept_answer(const common::http::IdempotencyKey& key, const common::http::Response& answer);
// Its links may be news: the process that made them may have ended before it could say so.
common::Task<common::http::Response> replay(IdempotentAnswer answer, LinkFinder& finder);
common::http::Response too_many_links(common::Duration wait);
common::http::Response alias_taken();
common::http::Response codes_exhausted();

// Whose creations are counted together: the token's subject, or the address.
std::string client_of(const common::http::Request& request);

}  // namespace url_shortener
