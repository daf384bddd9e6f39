#include "common/http/router.h"

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include "common/text.h"

namespace common::http {
namespace {

// The routes for what matches nothing, in routes_ before all others.
enum Builtin : std::size_t { not_found, bad_path, bad_query, method_unknown, options_of_server, wrong_method };

Reply say_not_found(Request&) {
  return error(404, "NOT_FOUND", "there is nothing at this path");
}

Reply say_bad_path(Request&) {
  return error(400, "PATH_INVALID", "the path's percent-encoding is not valid UTF-8 text");
}

Reply say_bad_query(Request&) {
  return error(400, "QUERY_INVALID", "the query's percent-encoding is not valid UTF-8 text");
}

Reply say_method_unknown(Request&) {
  return error(501, "METHOD_UNKNOWN", "this server knows GET, HEAD, POST, PUT, PATCH, DELETE and OPTIONS");
}

Reply say_options(Request&) {
  return Response{204}.header("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
}

std::string allowed_methods(const std::array<const Route*, 8>& by_method) {
  std::string allow;
  for (std::size_t m = 0; m < by_method.size(); ++m) {
    if (!by_method[m]) continue;
    allow.append(to_string(static_cast<Method>(m))).append(", ");
    const bool get_alone =
        m == static_cast<std::size_t>(Method::get) && !by_method[static_cast<std::size_t>(Method::head)];
    if (get_alone) allow.append("HEAD, ");
  }
  return allow + "OPTIONS";
}

}  // namespace

Router::Router() {
  const auto builtin_route = [this](std::string pattern, Handler handler) {
    auto route = std::make_unique<Route>();
    route->method = Method::other;
    route->pattern = std::move(pattern);
    route->options = {.is_public = true, .critical = true, .documented = false};
    route->handler = std::move(handler);
    // One label in the metrics for all that match nothing.
    route->index = route->pattern == "unmatched" ? 0 : static_cast<std::uint16_t>(routes_.size());
    routes_.push_back(std::move(route));
  };
  builtin_route("unmatched", say_not_found);
  builtin_route("unmatched", say_bad_path);
  builtin_route("unmatched", say_bad_query);
  builtin_route("unmatched", say_method_unknown);
  builtin_route("*", say_options);
  // The path exists under other methods; OPTIONS asks which.
  builtin_route("unmatched", [](Request& request) -> Reply {
    if (request.method == Method::options) return Response{204}.header("Allow", request.allow);
    return error(405, "METHOD_NOT_ALLOWED", "this path does not take this method; Allow names those it takes")
        .header("Allow", request.allow);
  });
}

void Router::get(std::string_view pattern, RouteOptions options, Handler handler) {
  add(Method::get, pattern, std::move(options), std::move(handler));
}
void Router::post(std::string_view pattern, RouteOptions options, Handler handler) {
  add(Method::post, pattern, std::move(options), std::move(handler));
}
void Router::put(std::string_view pattern, RouteOptions options, Handler handler) {
  add(Method::put, pattern, std::move(options), std::move(handler));
}
void Router::patch(std::string_view pattern, RouteOptions options, Handler handler) {
  add(Method::patch, pattern, std::move(options), std::move(handler));
}
void Router::delete_(std::string_view pattern, RouteOptions options, Handler handler) {
  add(Method::delete_, pattern, std::move(options), std::move(handler));
}

void Router::alias(std::string prefix, std::string replacement) {
  aliases_.emplace_back(std::move(prefix), std::move(replacement));
}

void Router::add(Method method, std::string_view pattern, RouteOptions options, Handler handler) {
  auto route = std::make_unique<Route>();
  route->method = method;
  route->options = std::move(options);
  route->handler = std::move(handler);
  route->index = static_cast<std::uint16_t>(routes_.size());

  Node* node = root_.get();
  std::string_view rest = pattern.substr(1);
  for (;;) {
    const auto slash = rest.find('/');
    const std::string_view segment = rest.substr(0, slash);
    route->pattern += '/';
    if (segment.starts_with('{')) {
      const auto close = segment.find('}');
      std::string_view name = segment.substr(1, close - 1);
      const bool number = name.ends_with(":uint");
      if (number) name.remove_suffix(5);
      const std::string suffix(segment.substr(close + 1));
      route->parameters.emplace_back(name, number);
      route->pattern.append("{").append(name).append("}").append(suffix);
      auto& children = node->parameters;
      auto child = std::find_if(children.begin(), children.end(),
                                [&](const Parameter& p) { return p.suffix == suffix && p.number == number; });
      if (child == children.end()) {
        child = std::find_if(children.begin(), children.end(),
                             [&](const Parameter& p) { return p.suffix.size() < suffix.size(); });
        child = children.insert(child, Parameter{suffix, number, std::make_unique<Node>()});
      }
      node = child->node.get();
    } else {
      route->pattern.append(segment);
      auto& child = node->literals[std::string(segment)];
      if (!child) child = std::make_unique<Node>();
      node = child.get();
    }
    if (slash == std::string_view::npos) break;
    rest.remove_prefix(slash + 1);
  }
  auto& place = node->by_method[static_cast<std::size_t>(method)];
  if (place) throw std::logic_error("route added twice: " + route->pattern);
  if (route->parameters.size() > std::tuple_size_v<decltype(Request::params)>) {
    throw std::logic_error("too many path parameters: " + route->pattern);
  }
  place = route.get();
  routes_.push_back(std::move(route));
}

bool Router::bind(Request& request, std::size_t depth, std::string_view text, bool number, bool& bad_encoding) const {
  if (text.empty()) return false;
  if (text.find('%') != std::string_view::npos) {
    auto decoded = percent_decode(text);
    if (!decoded || !valid_utf8(*decoded)) {
      bad_encoding = true;
      return false;
    }
    request.decoded_[depth] = std::move(*decoded);
    text = request.decoded_[depth];
  }
  if (number) {
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), request.numbers[depth]);
    if (ec != std::errc{} || end != text.data() + text.size()) return false;
  }
  request.params[depth] = text;
  return true;
}

const Router::Node* Router::find(const Node& node, std::string_view rest, Request& request, std::size_t depth,
                                 bool& bad_encoding) const {
  const auto slash = rest.find('/');
  const std::string_view segment = rest.substr(0, slash);
  const bool last = slash == std::string_view::npos;
  const auto descend = [&](const Node& child, std::size_t child_depth) -> const Node* {
    if (last) {  // a path that only leads to others is none
      const auto& routes = child.by_method;
      return std::any_of(routes.begin(), routes.end(), [](const Route* r) { return r; }) ? &child : nullptr;
    }
    return find(child, rest.substr(slash + 1), request, child_depth, bad_encoding);
  };
  if (const auto literal = node.literals.find(segment); literal != node.literals.end()) {
    if (const Node* found = descend(*literal->second, depth)) return found;
  }
  for (const auto& parameter : node.parameters) {
    if (!segment.ends_with(parameter.suffix)) continue;
    const auto text = segment.substr(0, segment.size() - parameter.suffix.size());
    if (!bind(request, depth, text, parameter.number, bad_encoding)) continue;
    if (const Node* found = descend(*parameter.node, depth + 1)) return found;
  }
  return nullptr;
}

const Route& Router::builtin(std::size_t index, Request& request) const {
  const Route& route = *routes_[index];
  request.route = route.pattern;
  request.route_index = route.index;
  return route;
}

const Route& Router::match(Request& request) const {
  if (!request.matched_) request.matched_ = &find(request);
  return *request.matched_;
}

const Route& Router::find(Request& request) const {
  if (request.method == Method::other) return builtin(method_unknown, request);
  if (request.path == "*") return builtin(options_of_server, request);
  std::string_view path = request.path;
  for (const auto& [prefix, replacement] : aliases_) {
    if (path.starts_with(prefix)) {
      request.rewritten_path_ = replacement + std::string(path.substr(prefix.size()));
      path = request.rewritten_path_;
      break;
    }
  }
  bool bad_encoding = false;
  const Node* node = find(*root_, path.substr(1), request, 0, bad_encoding);
  if (!node) return builtin(bad_encoding ? bad_path : not_found, request);
  const Route* route = node->by_method[static_cast<std::size_t>(request.method)];
  if (!route && request.method == Method::head) route = node->by_method[static_cast<std::size_t>(Method::get)];
  if (!route) {
    request.allow = allowed_methods(node->by_method);
    return builtin(wrong_method, request);
  }
  if (!route->options.query.empty() && !well_formed_query(request.query)) return builtin(bad_query, request);
  request.route = route->pattern;
  request.route_index = route->index;
  return *route;
}

}  // namespace common::http
