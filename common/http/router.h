// Which code answers which request.
//
//   router.get("/v1/links/{code}", {.summary = "Read a link"}, [this](Request& r) { return read(r); });
//
// A pattern's segments are literals, {name} or {name:uint} (decimal, 64 bits), the latter two with an optional
// literal behind: "/{code}+", "/dead-letters/{id}:retry". A literal wins over a parameter, a parameter with
// something behind it over one without. HEAD falls back to GET, OPTIONS is answered from the table, and a path that
// exists under other methods is 405 with Allow. Parameters arrive percent-decoded; a path with bad encoding is 400, and
// so is a query, on routes that name query parameters (others ignore what stands there).
//
// Built before the server starts, read-only after: safe from all threads.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/http/handler.h"
#include "common/text.h"

namespace common::http {

struct ResponseDoc {
  int status;
  std::string description;
  std::string schema;  // name of a schema in the OpenAPI document; empty: no body, or not JSON
};

struct RouteOptions {
  std::string summary = {};
  bool is_public = false;                    // answered without a token even with --auth jwt
  bool critical = false;                     // still answered when load is shed
  std::optional<std::size_t> max_body = {};  // bytes; nullopt: --max-body
  bool streams_body = false;                 // of any size: the handler reads request.body_reader
  std::string request_schema = {};           // name of a schema in the OpenAPI document
  std::vector<std::string> query = {};       // names of query parameters
  std::vector<ResponseDoc> responses = {};
  bool documented = true;  // listed in /openapi.json
};

struct Route {
  Method method;
  std::string pattern;                                   // as in OpenAPI: "/v1/links/{code}"
  std::vector<std::pair<std::string, bool>> parameters;  // name, is a number
  RouteOptions options;
  Handler handler;
  std::uint16_t index = 0;  // into routes()
};

class Router {
 public:
  Router();

  void add(Method method, std::string_view pattern, RouteOptions options, Handler handler);
  void get(std::string_view pattern, RouteOptions options, Handler handler);
  void post(std::string_view pattern, RouteOptions options, Handler handler);
  void put(std::string_view pattern, RouteOptions options, Handler handler);
  void patch(std::string_view pattern, RouteOptions options, Handler handler);
  void delete_(std::string_view pattern, RouteOptions options, Handler handler);

  // Paths below `prefix` are answered as if they began with `replacement`: "/api/v1/" as "/v1/".
  void alias(std::string prefix, std::string replacement);

  // Finds the route, once a request, and fills request.route, params and numbers. Never fails: what matches nothing
  // gets a route whose handler says 404, 400, 405, 501 or 204.
  const Route& match(Request& request) const;

  // All routes, the built-in ones for what matches nothing first.
  const std::vector<std::unique_ptr<Route>>& routes() const noexcept { return routes_; }

 private:
  struct Node;
  struct Parameter {
    std::string suffix;
    bool number;
    std::unique_ptr<Node> node;
  };
  struct Node {
    std::unordered_map<std::string, std::unique_ptr<Node>, StringHash, std::equal_to<>> literals;
    std::vector<Parameter> parameters;  // longest suffix first
    std::array<const Route*, 8> by_method{};
  };

  const Route& find(Request& request) const;
  const Node* find(const Node& node, std::string_view rest, Request& request, std::size_t depth,
                   bool& bad_encoding) const;
  bool bind(Request& request, std::size_t depth, std::string_view text, bool number, bool& bad_encoding) const;
  const Route& builtin(std::size_t index, Request& request) const;

  std::vector<std::unique_ptr<Route>> routes_;
  std::unique_ptr<Node> root_ = std::make_unique<Node>();
  std::vector<std::pair<std::string, std::string>> aliases_;
};

}  // namespace common::http
