#include "common/http/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>
#include <cstring>
#include <stdexcept>

namespace common::http {
namespace {

[[noreturn]] void fail(const std::string& what) {
  std::array<char, 256> reason{};
  ERR_error_string_n(ERR_get_error(), reason.data(), reason.size());
  throw std::runtime_error(what + ": " + reason.data());
}

int select_http11(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in, unsigned in_size,
                  void*) {
  static constexpr unsigned char ours[] = "\x08http/1.1";
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_size, ours, sizeof ours - 1, in, in_size) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_NOACK;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

// OpenSSL asks on the terminal for the password of an encrypted key, unless told that there is none.
int no_password(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

}  // namespace

TlsContext::TlsContext(const std::string& cert_file, const std::string& key_file)
    : context_(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free) {
  if (!context_) fail("TLS");
  SSL_CTX_set_min_proto_version(context_.get(), TLS1_2_VERSION);
  SSL_CTX_set_mode(context_.get(), SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_options(context_.get(), SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_alpn_select_cb(context_.get(), select_http11, nullptr);
  if (SSL_CTX_use_certificate_chain_file(context_.get(), cert_file.c_str()) != 1) {
    fail("--tls-cert " + cert_file);
  }
  bool password_asked = false;
  SSL_CTX_set_default_passwd_cb(context_.get(), no_password);
  SSL_CTX_set_default_passwd_cb_userdata(context_.get(), &password_asked);
  const int key_read = SSL_CTX_use_PrivateKey_file(context_.get(), key_file.c_str(), SSL_FILETYPE_PEM);
  SSL_CTX_set_default_passwd_cb_userdata(context_.get(), nullptr);
  SSL_CTX_set_default_passwd_cb(context_.get(), nullptr);
  if (key_read != 1) {
    if (password_asked)
      throw std::runtime_error("--tls-key " + key_file + ": is encrypted; give one without a password");
    fail("--tls-key " + key_file);
  }
  if (SSL_CTX_check_private_key(context_.get()) != 1) fail("--tls-key does not belong to --tls-cert");
}

TlsContext::~TlsContext() = default;

TlsSession::TlsSession(const TlsContext& context) : session_(SSL_new(context.get())) {
  if (!session_) fail("TLS session");
  SSL_set_bio(session_, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  SSL_set_accept_state(session_);
}

TlsSession::~TlsSession() {
  SSL_free(session_);
}

void TlsSession::collect(std::string& cipher) {
  BIO* out = SSL_get_wbio(session_);
  char* data = nullptr;
  const long size = BIO_get_mem_data(out, &data);
  if (size <= 0) return;
  cipher.append(data, static_cast<std::size_t>(size));
  BIO_reset(out);
}

TlsSession::State TlsSession::receive(std::string_view from_socket, std::string& plain, std::string& cipher) {
  ERR_clear_error();
  BIO_write(SSL_get_rbio(session_), from_socket.data(), static_cast<int>(from_socket.size()));
  std::array<char, 16 * 1024> buffer;
  for (;;) {
    const int got = SSL_read(session_, buffer.data(), static_cast<int>(buffer.size()));
    if (got > 0) {
      plain.append(buffer.data(), static_cast<std::size_t>(got));
      continue;
    }
    collect(cipher);  // handshake messages, or the alert that says why not
    switch (SSL_get_error(session_, got)) {
      case SSL_ERROR_WANT_READ:
        return State::open;
      case SSL_ERROR_ZERO_RETURN:
        return State::closed;
      default:
        return State::failed;
    }
  }
}

TlsSession::State TlsSession::send(std::string_view plain, std::string& cipher) {
  ERR_clear_error();
  while (!plain.empty()) {
    const int sent = SSL_write(session_, plain.data(), static_cast<int>(std::min<std::size_t>(plain.size(), 16384)));
    if (sent <= 0) return State::failed;  // memory BIOs never refuse, so this is final
    plain.remove_prefix(static_cast<std::size_t>(sent));
  }
  collect(cipher);
  return State::open;
}

void TlsSession::close(std::string& cipher) {
  ERR_clear_error();
  SSL_shutdown(session_);
  collect(cipher);
}

}  // namespace common::http
