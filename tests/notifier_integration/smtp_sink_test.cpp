// Mail handed to a server that somebody else wrote: Postfix's smtp-sink, with the ways to fail that it has.

#include <signal.h>
#include <unistd.h>

#include "tests/notifier_integration/notifier_client.h"
#include "tests/support/free_port.h"
#include "tests/support/require.h"

using namespace testing;

namespace {

// scripts/programs has unpacked it. BINARY_DIR is build/PRESET/bin.
std::string program() {
  return std::string(BINARY_DIR) + "/../../services/bin/smtp-sink";
}

class SmtpSink {
 public:
  explicit SmtpSink(std::vector<std::string> flags) : port_(free_port()), process_(command(std::move(flags))) {
    const bool up = eventually(10s, [&] {
      try {
        RawClient client(port_);
        return client.receive().starts_with("220");
      } catch (const std::exception&) {
        return false;
      }
    });
    if (!up) throw std::runtime_error("smtp-sink did not start: " + process_.errors());
  }

  std::string url() const { return "smtp://127.0.0.1:" + std::to_string(port_); }
  ChildProcess& process() { return process_; }

 private:
  std::vector<std::string> command(std::vector<std::string> flags) const {
    std::vector<std::string> all{program()};
    if (::geteuid() == 0) all.insert(all.end(), {"-u", "nobody"});  // it refuses to run as root
    all.insert(all.end(), flags.begin(), flags.end());
    all.insert(all.end(), {"127.0.0.1:" + std::to_string(port_), "10"});
    return all;
  }

  const std::uint16_t port_;
  ChildProcess process_;
};

struct Mailed {
  std::string state, reason, attempts, next;
};

// One mail to one user, and then another.
Mailed mail(const SmtpSink& sink, std::vector<std::string> flags) {
  const TempFolder data;
  flags.insert(flags.end(), {"--data", data.path(), "--email", sink.url(), "--max-attempts", "2"});
  ServerProcess server(flags, {}, "notifier");
  ApiClient api(server.port());
  REQUIRE(api.request("PUT", "/v1/users/ada", "Content-Type: application/json\r\n", R"({"email":"ada@example.org"})")
              .status == 200);
  const auto send = [&] {
    const auto answer = api.post(
        "/v1/notifications", R"({"userId":"ada","category":"news","title":"Grüße","body":"B","channels":["email"]})");
    REQUIRE(answer.status == 202);
    const auto id = text_at(answer, "/id");
    CHECK(eventually(30s * slowness, [&] { return text_at(api.get("/v1/notifications/" + id), "/status") == "done"; }));
    return api.get("/v1/notifications/" + id);
  };
  const auto first = send();
  INFO(first.body);
  const auto second = send();
  return {text_at(first, "/channels/email/state"), text_at(first, "/channels/email/reason"),
          text_at(first, "/channels/email/attempts"), text_at(second, "/channels/email/state")};
}

}  // namespace

TEST_CASE("Postfix's smtp-sink takes mail, refuses it for now, for ever, and leaves after the message") {
  if (!require_or_skip(::access(program().c_str(), X_OK) == 0, "no smtp-sink: ./run services up")) return;
  SECTION("it takes two") {
    SmtpSink sink({"-c"});
    const auto mailed = mail(sink, {});
    CHECK(mailed.state == "delivered");
    CHECK(mailed.attempts == "1");
    CHECK(mailed.next == "delivered");
    sink.process().signal(SIGTERM);
    REQUIRE(sink.process().wait(10s).has_value());
    const auto counted = sink.process().rest_of_output();
    INFO(counted);
    CHECK(counted.find("mesg=2") != std::string::npos);  // by its own count
  }
  SECTION("4xx is tried again, until there are no attempts left") {
    SmtpSink sink({"-r", "RCPT", "-b", "450 4.2.1 not now"});
    const auto mailed = mail(sink, {});
    CHECK(mailed.state == "failed");
    CHECK(mailed.reason == "smtp 450");
    CHECK(mailed.attempts == "2");
    CHECK(mailed.next == "failed");
  }
  SECTION("550 is for ever, and the address is not used again") {
    SmtpSink sink({"-f", "RCPT", "-B", "550 5.1.1 nobody here"});
    const auto mailed = mail(sink, {});
    CHECK(mailed.state == "failed");
    CHECK(mailed.reason == "smtp 550");
    CHECK(mailed.attempts == "1");
    CHECK(mailed.next == "suppressed");
  }
  SECTION("gone before the message: certainly not taken") {
    SmtpSink sink({"-q", "MAIL"});
    CHECK(mail(sink, {}).state == "failed");
  }
  SECTION("gone after the message's end: nobody knows, and it is given up") {
    SmtpSink sink({"-q", "."});
    const auto mailed = mail(sink, {});
    CHECK(mailed.state == "ambiguous");
    CHECK(mailed.attempts == "1");
  }
  SECTION("or, where that is wanted, tried again") {
    SmtpSink sink({"-q", "."});
    const auto mailed = mail(sink, {"--ambiguous-email", "retry"});
    CHECK(mailed.attempts == "2");
  }
}
