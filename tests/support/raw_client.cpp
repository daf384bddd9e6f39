#include "tests/support/raw_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "common/text.h"

namespace testing {
namespace {

using common::iequals;

[[noreturn]] void refuse(const std::string& why) {
  throw std::runtime_error("answer: " + why);
}

std::string trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t") - first + 1));
}

std::size_t number(std::string_view text, int base) {
  std::size_t value = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (ec != std::errc{} || end != text.data() + text.size()) refuse("not a number: " + std::string(text));
  return value;
}

RawResponse parse_head(std::string_view head) {
  RawResponse response;
  response.head = head;
  auto end = head.find("\r\n");
  const auto status_line = head.substr(0, end);
  if (!status_line.starts_with("HTTP/1.1 ") || status_line.size() < 13 || status_line[12] != ' ') {
    refuse("status line " + std::string(status_line));
  }
  response.status = static_cast<int>(number(status_line.substr(9, 3), 10));
  head.remove_prefix(end + 2);
  while (!head.starts_with("\r\n")) {
    end = head.find("\r\n");
    const auto line = head.substr(0, end);
    const auto colon = line.find(':');
    const auto control = [](char c) { return static_cast<unsigned char>(c) < 32 && c != '\t'; };
    if (colon == std::string_view::npos || colon == 0 || line[colon - 1] == ' ' || line[0] == ' ' ||
        std::any_of(line.begin(), line.end(), control)) {
      refuse("header line " + std::string(line));
    }
    response.headers.emplace_back(line.substr(0, colon), trimmed(line.substr(colon + 1)));
    head.remove_prefix(end + 2);
  }
  return response;
}

// The body of chunks at the front of `bytes` and how long it is there; nullopt when not whole.
std::optional<std::pair<std::string, std::size_t>> take_chunks(std::string_view bytes) {
  std::string body;
  std::size_t at = 0;
  for (;;) {
    const auto eol = bytes.find("\r\n", at);
    if (eol == std::string_view::npos) return std::nullopt;
    const std::size_t size = number(bytes.substr(at, eol - at), 16);
    at = eol + 2;
    if (bytes.size() < at + size + 2) return std::nullopt;
    if (bytes.substr(at + size, 2) != "\r\n") refuse("chunk without its line end");
    body.append(bytes.substr(at, size));
    at += size + 2;
    if (size == 0) return std::pair{std::move(body), at};
  }
}

}  // namespace

std::size_t RawResponse::count(std::string_view name) const {
  return static_cast<std::size_t>(
      std::count_if(headers.begin(), headers.end(), [&](const auto& h) { return iequals(h.first, name); }));
}

std::string RawResponse::header(std::string_view name) const {
  std::string joined;
  for (const auto& [key, value] : headers) {
    if (!iequals(key, name)) continue;
    if (!joined.empty()) joined += ", ";
    joined += value;
  }
  return joined;
}

std::optional<RawResponse> take_response(std::string& bytes, bool answers_head, bool ended) {
  const auto head_end = bytes.find("\r\n\r\n");
  if (head_end == std::string::npos) return std::nullopt;
  RawResponse response = parse_head(std::string_view(bytes).substr(0, head_end + 4));
  const bool bodiless = response.status < 200 || response.status == 204 || response.status == 304;
  const bool has_length = response.has("Content-Length");
  response.chunked = response.has("Transfer-Encoding");
  if (has_length && response.chunked) refuse("both a length and chunks");
  if (response.count("Content-Length") > 1) refuse("two lengths");
  if (response.chunked && response.header("Transfer-Encoding") != "chunked") refuse("odd framing");
  if ((response.status < 200 || response.status == 204) && (has_length || response.chunked)) {
    refuse("framing headers where no body can be");
  }
  std::size_t used = head_end + 4;
  const std::string_view rest = std::string_view(bytes).substr(used);
  if (bodiless || answers_head) {
    response.chunked = false;
  } else if (response.chunked) {
    auto chunks = take_chunks(rest);
    if (!chunks) return std::nullopt;
    response.body = std::move(chunks->first);
    used += chunks->second;
  } else if (has_length) {
    const std::size_t size = number(response.header("Content-Length"), 10);
    if (rest.size() < size) return std::nullopt;
    response.body = rest.substr(0, size);
    used += size;
  } else {
    if (!ended) return std::nullopt;
    response.until_close = true;
    response.body = rest;
    used = bytes.size();
  }
  bytes.erase(0, used);
  return response;
}

std::vector<RawResponse> take_all_responses(std::string bytes, bool ended) {
  std::vector<RawResponse> all;
  while (!bytes.empty()) {
    auto one = take_response(bytes, false, ended);
    if (!one) refuse("cut short: " + bytes.substr(0, 200));
    all.push_back(std::move(*one));
  }
  return all;
}

RawClient::RawClient(std::uint16_t port, std::chrono::milliseconds patience, int receive_buffer)
    : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), patience_(patience) {
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (receive_buffer > 0) {
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    const std::string reason = std::strerror(errno);
    ::close(fd_);
    throw std::runtime_error("connect: " + reason);
  }
}

RawClient::~RawClient() {
  if (fd_ >= 0) ::close(fd_);
}

bool RawClient::wait_for(short events, std::chrono::milliseconds time) const {
  pollfd poll{fd_, events, 0};
  return ::poll(&poll, 1, static_cast<int>(time.count())) > 0;
}

bool RawClient::try_send(std::string_view bytes) {
  while (!bytes.empty()) {
    if (!wait_for(POLLOUT, patience_)) throw std::runtime_error("send: the server does not read");
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) return false;
    if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void RawClient::send(std::string_view bytes) {
  if (!try_send(bytes)) throw std::runtime_error(std::string("send: ") + std::strerror(errno));
}

bool RawClient::receive_more(std::size_t max) {
  if (!wait_for(POLLIN, patience_)) throw std::runtime_error("receive: nothing came in time");
  std::string buffer(max, '\0');
  const ssize_t got = ::recv(fd_, buffer.data(), buffer.size(), 0);
  if (got <= 0) return false;
  received_.append(buffer, 0, static_cast<std::size_t>(got));
  return true;
}

std::string RawClient::receive(std::size_t max) {
  if (received_.empty()) receive_more(max);
  return std::exchange(received_, {});
}

std::optional<RawResponse> RawClient::next_response(bool answers_head) {
  bool open = true;
  for (;;) {
    if (auto response = take_response(received_, answers_head, !open)) return response;
    if (!open) return std::nullopt;
    open = receive_more();
  }
}

RawResponse RawClient::response(bool answers_head) {
  if (auto response = next_response(answers_head)) return std::move(*response);
  throw std::runtime_error("the connection ended within: " + received_.substr(0, 200));
}

RawResponse RawClient::get(std::string_view path, std::string_view more_headers) {
  send("GET " + std::string(path) + " HTTP/1.1\r\nHost: test\r\n" + std::string(more_headers) + "\r\n");
  return response();
}

bool RawClient::ended() {
  return received_.empty() && !receive_more();
}

bool RawClient::silent_for(std::chrono::milliseconds time) {
  return received_.empty() && !wait_for(POLLIN, time);
}

void RawClient::finish_sending() {
  ::shutdown(fd_, SHUT_WR);
}

void RawClient::reset() {
  const linger at_once{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  ::close(std::exchange(fd_, -1));
}

RawResponse get(std::uint16_t port, std::string_view path, std::string_view more_headers) {
  return RawClient(port).get(path, more_headers);
}

}  // namespace testing
