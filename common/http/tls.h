// TLS without I/O, as a filter between socket bytes and protocol bytes (OpenSSL, memory BIOs).
//
// TLS 1.2 and 1.3 with OpenSSL's default ciphers. Offers http/1.1 by ALPN. Belongs to one thread.

#pragma once

#include <memory>
#include <string>
#include <string_view>

struct ssl_ctx_st;
struct ssl_st;

namespace common::http {

class TlsContext {
 public:
  // Throws std::runtime_error naming the file and OpenSSL's reason, or that the key is encrypted: nobody is asked for
  // a password.
  TlsContext(const std::string& cert_file, const std::string& key_file);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;
  ssl_ctx_st* get() const noexcept { return context_.get(); }

 private:
  std::unique_ptr<ssl_ctx_st, void (*)(ssl_ctx_st*)> context_;
};

class TlsSession {
 public:
  enum class State { open, closed, failed };

  explicit TlsSession(const TlsContext& context);
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  // Takes bytes from the socket. Appends what they decrypt to to `plain`, and what the handshake wants to send
  // to `cipher`.
  State receive(std::string_view from_socket, std::string& plain, std::string& cipher);
  // Encrypts `plain`; only once the handshake is done.
  State send(std::string_view plain, std::string& cipher);
  // Appends the close-notify alert.
  void close(std::string& cipher);

 private:
  void collect(std::string& cipher);
  ssl_st* session_;
};

}  // namespace common::http
