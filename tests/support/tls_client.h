// A blocking HTTPS client on OpenSSL's own socket BIO: an independent peer for our TLS filter.
//
// Trusts one certificate, for the name "localhost". Waits at most half a minute; what goes wrong throws.

#pragma once

#include <string>
#include <string_view>

#include "tests/support/raw_client.h"

struct ssl_ctx_st;
struct ssl_st;

namespace testing {

class TlsClient {
 public:
  // Connects and shakes hands. `max_version` such as TLS1_2_VERSION; 0: any.
  TlsClient(std::uint16_t port, const std::string& trusted_cert_file, int max_version = 0);
  ~TlsClient();
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  void send(std::string_view bytes);
  RawResponse response();
  // Tells with a close_notify that our side is done; reading goes on.
  void finish_sending();
  // True when the server's next word is a close_notify, so that nobody can have cut an answer short.
  bool ended_orderly();
  std::string alpn() const;
  std::string version() const;
  RawClient& raw() noexcept { return raw_; }

 private:
  int receive_more();

  RawClient raw_;
  ssl_ctx_st* context_;
  ssl_st* session_;
  std::string received_;
};

}  // namespace testing
