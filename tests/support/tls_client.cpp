#include "tests/support/tls_client.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>

namespace testing {
namespace {

[[noreturn]] void fail(const std::string& what) {
  std::array<char, 256> reason{};
  ERR_error_string_n(ERR_get_error(), reason.data(), reason.size());
  throw std::runtime_error(what + ": " + reason.data());
}

}  // namespace

TlsClient::TlsClient(std::uint16_t port, const std::string& trusted_cert_file, int max_version)
    : raw_(port), context_(SSL_CTX_new(TLS_client_method())), session_(nullptr) {
  SSL_CTX_set_max_proto_version(context_, max_version);
  SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_load_verify_locations(context_, trusted_cert_file.c_str(), nullptr);
  static constexpr unsigned char protocols[] = "\x02h2\x08http/1.1";
  SSL_CTX_set_alpn_protos(context_, protocols, sizeof protocols - 1);
  session_ = SSL_new(context_);
  SSL_set1_host(session_, "localhost");
  const timeval patience{30, 0};
  ::setsockopt(raw_.fd(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(raw_.fd(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  SSL_set_fd(session_, raw_.fd());
  if (SSL_connect(session_) != 1) {
    SSL_free(session_);
    SSL_CTX_free(context_);
    fail("TLS handshake");
  }
}

TlsClient::~TlsClient() {
  SSL_free(session_);
  SSL_CTX_free(context_);
}

void TlsClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const int sent = SSL_write(session_, bytes.data(), static_cast<int>(bytes.size()));
    if (sent <= 0) fail("TLS send");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

int TlsClient::receive_more() {
  std::array<char, 16 * 1024> buffer;
  const int got = SSL_read(session_, buffer.data(), static_cast<int>(buffer.size()));
  if (got > 0) received_.append(buffer.data(), static_cast<std::size_t>(got));
  return got > 0 ? 0 : SSL_get_error(session_, got);
}

RawResponse TlsClient::response() {
  for (;;) {
    if (auto response = take_response(received_)) return std::move(*response);
    if (const int error = receive_more(); error != 0) fail("TLS receive, error " + std::to_string(error));
  }
}

void TlsClient::finish_sending() {
  SSL_shutdown(session_);
}

bool TlsClient::ended_orderly() {
  return received_.empty() && receive_more() == SSL_ERROR_ZERO_RETURN;
}

std::string TlsClient::alpn() const {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(session_, &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

std::string TlsClient::version() const {
  return SSL_get_version(session_);
}

}  // namespace testing
