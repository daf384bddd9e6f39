#include "common/http/client.h"

#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <cerrno>
#include <optional>
#include <sstream>

#include "common/http/client_address.h"
#include "common/resolve.h"
#include "common/text.h"

namespace common::http {
namespace {

namespace beast = boost::beast;
using tcp = asio::ip::tcp;
using error_code = boost::system::error_code;
using Stream = beast::basic_stream<tcp, Executor>;
using SecureStream = asio::ssl::stream<Stream>;
using Message = beast::http::request<beast::http::string_body>;
using Parser = beast::http::response_parser<beast::http::string_body>;
using Address = ClientAddress;
using Deadline = std::chrono::steady_clock::time_point;

// No byte of a header may end its line: what follows would be read as another header, or another request.
bool one_line(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

bool repeatable(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "PUT" || method == "DELETE";
}

// The peer's end, or bytes that nobody asked for, make an idle connection useless.
bool quiet(tcp::socket::native_handle_type socket) {
  char byte = 0;
  return ::recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

}  // namespace

std::string_view ClientResponse::header(std::string_view name) const noexcept {
  for (const auto& [key, value] : headers) {
    if (iequals(key, name)) return value;
  }
  return {};
}

// One connection, plain or secure.
struct Client::Link {
  std::optional<Stream> plain;
  std::optional<SecureStream> secure;
  beast::flat_buffer buffer;
  std::chrono::steady_clock::time_point idle_since = {};
  Stream& lowest() { return plain ? *plain : secure->next_layer(); }

  Task<error_code> ask(const Message& message, std::size_t body_max, std::optional<Parser>& parser, bool& heard);

 private:
  // Beast's own operations on messages would be compiled for each stream, which takes longer than all other files.
  Task<error_code> write(std::string bytes);
  Task<error_code> read_some();
  Task<error_code> read(Parser& parser);
};

// Asks, and reads on until the answer itself: 1xx before it only say that it will come (RFC 9110 section 15.2), but
// for 101, behind which no HTTP follows. `heard`: whether the server has said anything.
Task<error_code> Client::Link::ask(const Message& message, std::size_t body_max, std::optional<Parser>& parser,
                                   bool& heard) {
  std::ostringstream text;
  text << message;
  error_code ec = co_await write(std::move(text).str());
  while (!ec) {
    parser.emplace();
    parser->eager(true);
    parser->body_limit(body_max);
    parser->skip(message.method() == beast::http::verb::head);
    ec = co_await read(*parser);
    heard = heard || parser->got_some();
    const auto status = parser->is_header_done() ? parser->get().result_int() : 0;
    if (status / 100 != 1 || status == 101) break;
  }
  co_return ec;
}

Task<error_code> Client::Link::write(std::string bytes) {
  error_code ec;
  if (plain) {
    co_await asio::async_write(*plain, asio::buffer(bytes), asio::redirect_error(use_task, ec));
  } else {
    co_await asio::async_write(*secure, asio::buffer(bytes), asio::redirect_error(use_task, ec));
  }
  co_return ec;
}

Task<error_code> Client::Link::read_some() {
  constexpr std::size_t at_once = 16 * 1024;
  const asio::mutable_buffer space = buffer.prepare(at_once);
  error_code ec;
  std::size_t read = 0;
  if (plain) {
    read = co_await plain->async_read_some(space, asio::redirect_error(use_task, ec));
  } else {
    read = co_await secure->async_read_some(space, asio::redirect_error(use_task, ec));
  }
  buffer.commit(read);
  co_return ec;
}

// One message, up to its end.
Task<error_code> Client::Link::read(Parser& parser) {
  error_code ec;
  for (;;) {
    if (buffer.size() > 0) buffer.consume(parser.put(buffer.data(), ec));
    if (parser.is_done() || (ec && ec != beast::http::error::need_more)) break;
    ec = co_await read_some();
    if (!ec) continue;
    if (ec == asio::error::eof) {
      ec = beast::http::error::end_of_stream;
      if (parser.got_some()) {
        ec = {};
        parser.put_eof(ec);
      }
    }
    break;
  }
  co_return ec;
}

struct Client::State {
  Executor executor;
  Options options;
  asio::ssl::context tls{asio::ssl::context::tls_client};
  std::map<std::string, std::vector<std::unique_ptr<Link>>> idle = {};  // the longest idle first

  std::unique_ptr<Link> take_idle(const std::string& key);
  void keep_idle(const std::string& key, std::unique_ptr<Link> link);
  Task<Result<std::unique_ptr<Link>>> connect(const Address& address, Deadline deadline);
  Task<Result<ClientResponse>> exchange(Link& link, const Address& address, const ClientRequest& request,
                                        bool& reusable, bool& untouched);
};

Client::Client(Executor executor, Options options)
    : state_(std::make_unique<State>(State{executor, std::move(options)})) {
  if (state_->options.ca_file.empty()) {
    error_code ignored;  // without system certificates every https request fails verification, and says so
    state_->tls.set_default_verify_paths(ignored);
  } else {
    state_->tls.load_verify_file(state_->options.ca_file);
  }
  state_->tls.set_verify_mode(asio::ssl::verify_peer);
}

Client::~Client() = default;

// The last one used that is still open, or null. Closes what has been idle for too long, to whatever host.
std::unique_ptr<Client::Link> Client::State::take_idle(const std::string& key) {
  const auto oldest = std::chrono::steady_clock::now() - options.idle_limit;
  for (auto& [_, links] : idle)
    std::erase_if(links, [&](const auto& link) { return link->idle_since < oldest; });
  std::erase_if(idle, [](const auto& entry) { return entry.second.empty(); });
  const auto found = idle.find(key);
  while (found != idle.end() && !found->second.empty()) {
    auto link = std::move(found->second.back());
    found->second.pop_back();
    if (quiet(link->lowest().socket().native_handle())) return link;
  }
  return nullptr;
}

void Client::State::keep_idle(const std::string& key, std::unique_ptr<Link> link) {
  auto& links = idle[key];
  if (links.size() >= options.idle_max) return;
  link->lowest().expires_never();
  link->idle_since = std::chrono::steady_clock::now();
  links.push_back(std::move(link));
}

Task<Result<std::unique_ptr<Client::Link>>> Client::State::connect(const Address& address, Deadline deadline) {
  const auto failed = [&](const error_code& ec) {
    const bool late = ec == beast::error::timeout || ec == asio::error::operation_aborted;
    return Error{late ? Failure::timed_out : Failure::unavailable, address.authority + ": " + ec.message()};
  };
  auto endpoints = co_await resolve(executor, address.host, address.port, deadline);
  if (endpoints.has_error()) co_return endpoints.error();
  if (options.permits) {
    std::erase_if(*endpoints, [&](const auto& endpoint) { return !options.permits(endpoint.address()); });
    if (endpoints->empty()) co_return Error{Failure::invalid, address.authority + ": no address that is permitted"};
  }
  auto link = std::make_unique<Link>();
  if (address.secure) {
    link->secure.emplace(executor, tls);
    SSL_set_tlsext_host_name(link->secure->native_handle(), address.host.c_str());
    link->secure->set_verify_callback(asio::ssl::host_name_verification(address.host));
  } else {
    link->plain.emplace(executor);
  }
  link->lowest().expires_at(deadline);
  error_code ec;
  co_await link->lowest().async_connect(*endpoints, asio::redirect_error(use_task, ec));
  if (!ec) link->lowest().socket().set_option(tcp::no_delay(true), ec);
  if (!ec && link->secure) {
    co_await link->secure->async_handshake(asio::ssl::stream_base::client, asio::redirect_error(use_task, ec));
  }
  if (ec) co_return failed(ec);
  co_return link;
}

Task<Result<ClientResponse>> Client::State::exchange(Link& link, const Address& address, const ClientRequest& request,
                                                     bool& reusable, bool& untouched) {
  Message message;
  message.method_string(request.method);
  message.target(address.target);
  message.set(beast::http::field::host, address.authority);
  for (const auto& [name, value] : request.headers)
    message.set(name, value);
  message.body() = request.body;
  if (!request.body.empty() || request.method == "POST" || request.method == "PUT" || request.method == "PATCH") {
    message.content_length(request.body.size());
  }

  std::optional<Parser> parser;
  bool heard = false;
  const error_code ec = co_await link.ask(message, options.body_max, parser, heard);
  if (ec) {
    untouched = !heard && (ec == beast::http::error::end_of_stream || ec == asio::error::broken_pipe ||
                           ec == asio::error::connection_reset);
    if (ec == beast::http::error::body_limit)
      co_return Error{Failure::unknown_outcome, address.authority + ": answer too large"};
    co_return Error{Failure::unknown_outcome, address.authority + ": " + ec.message()};
  }
  ClientResponse response;
  // Not the message's keep_alive(): that does not know of a body that ended with the connection. Bytes behind the
  // answer would be taken for the next one.
  reusable = parser->keep_alive() && link.buffer.size() == 0 && parser->get().result_int() != 101;
  auto answer = parser->release();
  response.status = static_cast<int>(answer.result_int());
  for (const auto& field : answer) {
    const auto name = field.name_string();
    const auto value = field.value();
    response.headers.emplace_back(std::string(name.data(), name.size()), std::string(value.data(), value.size()));
  }
  response.body = std::move(answer.body());
  co_return response;
}

Task<Result<ClientResponse>> Client::send(ClientRequest request) {
  const auto address = client_address(request.url);
  if (!address) co_return Error{Failure::invalid, "not an http or https URL: " + request.url};
  for (const auto& [name, value] : request.headers) {
    if (!is_printable(name) || !one_line(value)) co_return Error{Failure::invalid, "not a header: " + name};
  }
  const auto deadline = std::chrono::steady_clock::now() + request.deadline;
  const std::string key = address->key();
  for (;;) {
    auto link = state_->take_idle(key);
    const bool kept = link != nullptr;
    if (kept) {
      link->lowest().expires_at(deadline);
    } else {
      auto connected = co_await state_->connect(*address, deadline);
      if (connected.has_error()) co_return connected.error();
      link = std::move(*connected);
    }
    bool reusable = false;
    bool untouched = false;
    auto response = co_await state_->exchange(*link, *address, request, reusable, untouched);
    if (response.has_error() && kept && untouched && repeatable(request.method)) continue;
    if (reusable) state_->keep_idle(key, std::move(link));
    co_return response;
  }
}

}  // namespace common::http
