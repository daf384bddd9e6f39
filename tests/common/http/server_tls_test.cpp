// The same server behind TLS, with OpenSSL's own client as the peer.

#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <cstdio>
#include <memory>

#include "tests/common/http/scripted_service.h"
#include "tests/common/http/test_server.h"
#include "tests/support/catch.h"
#include "tests/support/certificate.h"
#include "tests/support/temp_folder.h"
#include "tests/support/tls_client.h"

using namespace common::http;
using namespace testing;
using namespace std::chrono_literals;

namespace {

// A certificate and its key on disk, for as long as this lives.
struct Files {
  TempFolder folder;
  std::string certificate, key;

  Files() {
    const CertificateFiles made = make_certificate(folder.path(), "own", "localhost");
    certificate = made.certificate;
    key = made.key;
  }
};

TestServerOptions with_tls(const Files& files) {
  TestServerOptions options;
  options.tls = std::make_shared<TlsContext>(files.certificate, files.key);
  options.max_body = 4 << 20;
  options.routes = [](Application& app) {
    app.router().get("/secure", {}, [](Request& request) -> Reply { return text(200, request.secure ? "yes" : "no"); });
  };
  return options;
}

std::string refusal(const std::string& cert_file, const std::string& key_file) {
  try {
    const TlsContext context(cert_file, key_file);
    return "accepted";
  } catch (const std::exception& e) {
    return e.what();
  }
}

// The key of `path` again, encrypted with `password`.
std::string encrypted(const std::string& path, const std::string& password) {
  using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;
  std::string copy = path + ".encrypted";
  const File in(std::fopen(path.c_str(), "r"), &std::fclose);
  const File out(std::fopen(copy.c_str(), "w"), &std::fclose);
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      PEM_read_PrivateKey(in.get(), nullptr, nullptr, nullptr), &EVP_PKEY_free);
  REQUIRE(PEM_write_PrivateKey(out.get(), key.get(), EVP_aes_256_cbc(),
                               reinterpret_cast<const unsigned char*>(password.data()),
                               static_cast<int>(password.size()), nullptr, nullptr) == 1);
  return copy;
}

}  // namespace

TEST_CASE("over TLS 1.3 and 1.2 a server answers as it does in plain text, and says it is HTTP/1.1") {
  const Files files;
  TestServer server(with_tls(files));
  CHECK(server.server().url().starts_with("https://127.0.0.1:"));
  for (const auto& [version, name] : {std::pair{TLS1_3_VERSION, "TLSv1.3"}, std::pair{TLS1_2_VERSION, "TLSv1.2"}}) {
    TlsClient client(server.port(), files.certificate, version);
    CHECK(client.version() == name);
    CHECK(client.alpn() == "http/1.1");
    client.send(request("GET", "/secure"));
    CHECK(client.response().body == "yes");
    client.send(request("GET", "/secure", "Connection: close\r\n"));
    CHECK(client.response().header("Connection") == "close");
    CHECK(client.ended_orderly());
  }
}

TEST_CASE("older versions of TLS and plain text on a TLS port get nothing") {
  const Files files;
  TestServer server(with_tls(files));
  REQUIRE_THROWS(TlsClient(server.port(), files.certificate, TLS1_1_VERSION));
  RawClient plain(server.port());
  plain.send(request("GET", "/hello"));
  std::string all;
  for (std::string part; !(part = plain.receive()).empty();)
    all += part;
  CHECK(all.find("HTTP/1.1") == std::string::npos);  // at most an alert
  CHECK(server.begun() == 0);
}

TEST_CASE("over TLS pipelined requests are answered in order, with those that take their time") {
  const Files files;
  TestServer server(with_tls(files));
  TlsClient client(server.port(), files.certificate);
  std::string requests;
  for (int i = 0; i < 200; ++i)
    requests += request("POST", "/echo", "Content-Length: 3\r\n", std::to_string(100 + i));
  client.send(requests.substr(0, requests.size() / 2) + request("GET", "/later"));
  server.gate().open();
  client.send(requests.substr(requests.size() / 2));
  int answered = 0;
  for (int i = 0; i < 201; ++i) {
    const RawResponse response = client.response();
    if (response.body == "later") continue;
    CHECK(response.body == std::to_string(100 + answered));
    ++answered;
  }
  CHECK(answered == 200);
}

TEST_CASE("over TLS large bodies go both ways whole") {
  const Files files;
  TestServer server(with_tls(files));
  TlsClient client(server.port(), files.certificate);
  std::string body;
  for (int i = 0; body.size() < 3'000'000; ++i)
    body += std::to_string(i);
  client.send(request("POST", "/echo", "Content-Length: " + std::to_string(body.size()) + "\r\n", body));
  CHECK(client.response().body == body);
  client.send(request("GET", "/big?size=20000000") + request("GET", "/hello"));
  CHECK(client.response().body.size() == 20'000'000);
  CHECK(client.response().body == "hello");
  server.gate().open();
  client.send(request("GET", "/burst?size=5000000"));
  CHECK(client.response().body.size() == 5'000'001);
}

TEST_CASE(
    "a client that ends its side with close_notify still gets its answers, and the server's "
    "close_notify") {
  const Files files;
  TestServer server(with_tls(files));
  for (const char* path : {"/hello", "/big?size=10000000", "/later"}) {
    server.gate().close();
    TlsClient client(server.port(), files.certificate);
    client.send(request("GET", path) + request("GET", "/hello"));
    client.finish_sending();
    std::this_thread::sleep_for(50ms);  // so that the server has heard both and has not sent all
    server.gate().open();
    CHECK(client.response().status == 200);
    CHECK(client.response().body == "hello");
    CHECK(client.ended_orderly());
  }
  CHECK(server.reaches_connections(0));
}

TEST_CASE("a handshake that dribbles is cut off after the header timeout, and others are not slowed") {
  const Files files;
  TestServerOptions options = with_tls(files);
  options.limits.header_timeout = 500ms;
  TestServer server(options);
  RawClient dribbler(server.port());
  const std::string hello = "\x16\x03\x01\x02" + std::string(600, '\0');  // the beginning of a handshake record
  bool cut = false;
  const auto begun = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < 600 && !cut; ++i) {
    cut = !dribbler.try_send(hello.substr(i, 1)) || !dribbler.silent_for(20ms);
  }
  CHECK(cut);
  CHECK(std::chrono::steady_clock::now() - begun < 10s);
  RawClient silent(server.port());
  CHECK(silent.ended());
  TlsClient client(server.port(), files.certificate);
  client.send(request("GET", "/hello"));
  CHECK(client.response().status == 200);
}

TEST_CASE("over TLS a slow request gets its 408, and a server that drains its last answer") {
  const Files files;
  TestServerOptions options = with_tls(files);
  options.limits.header_timeout = 500ms;
  TestServer server(options);
  {
    TlsClient slow(server.port(), files.certificate);
    slow.send("GET / HTTP/1.1\r\n");
    CHECK(slow.response().status == 408);
    CHECK(slow.ended_orderly());
  }
  TlsClient client(server.port(), files.certificate);
  client.send(request("GET", "/later"));
  REQUIRE(eventually([&] { return server.gate().waiting() == 1; }));
  server.stop();
  REQUIRE(eventually([&] { return server.server().draining(); }));
  server.gate().open();
  CHECK(client.response().header("Connection") == "close");
  CHECK(client.ended_orderly());
}

TEST_CASE("a certificate or key that cannot be used is one clear error that names its file") {
  const Files files;
  const Files others;
  CHECK(refusal("/nowhere/cert.pem", files.key).starts_with("--tls-cert /nowhere/cert.pem: "));
  CHECK(refusal(files.certificate, "/nowhere/key.pem").starts_with("--tls-key /nowhere/key.pem: "));
  CHECK(refusal(files.certificate, files.certificate).starts_with("--tls-key " + files.certificate));
  CHECK(refusal(files.certificate, others.key).starts_with("--tls-key "));
}

TEST_CASE("for the password of an encrypted key nobody is asked: it is refused in one line") {
  const Files files;
  const std::string key = encrypted(files.key, "secret");
  CHECK(refusal(files.certificate, key) == "--tls-key " + key + ": is encrypted; give one without a password");
  CHECK(refusal(files.certificate, files.key) == "accepted");
}
