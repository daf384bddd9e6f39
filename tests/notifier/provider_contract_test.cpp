// What every provider promises (provider.h): an answer for each attempt, in order, and never a definite failure for
// what may have been taken. Then what each makes of its own server's answers.

#include <boost/asio/ip/address.hpp>
#include <fstream>
#include <mutex>

#include "common/clock.h"
#include "common/text.h"
#include "notifier/hmac.h"
#include "notifier/inbox_store_sqlite.h"
#include "notifier/provider_failover.h"
#include "notifier/provider_in_app.h"
#include "notifier/provider_push.h"
#include "notifier/provider_sink.h"
#include "notifier/provider_sms.h"
#include "notifier/provider_smtp.h"
#include "notifier/provider_webhook.h"
#include "notifier/utf8_prefix.h"
#include "tests/support/catch.h"
#include "tests/support/files.h"
#include "tests/support/run_task.h"
#include "tests/support/running_runtime.h"
#include "tests/support/scripted_server.h"
#include "tests/support/temp_folder.h"

using namespace notifier;
using namespace std::chrono_literals;
using testing::ScriptedServer;
using Said = Outcome::Kind;

namespace {

std::vector<Attempt> attempts(std::size_t count, Channel channel, const std::string& address) {
  auto notification = std::make_shared<Notification>();
  notification->id = 7;
  notification->category = "news";
  notification->title = "Grüße";
  notification->body = "A body\nof two lines";
  std::vector<Attempt> all;
  for (std::size_t i = 0; i < count; ++i) {
    all.push_back({.id = {7, "u" + std::to_string(i), channel}, .address = address, .notification = notification});
  }
  return all;
}

std::vector<Outcome> send(Provider& provider, const std::vector<Attempt>& all) {
  return testing::run_task(provider.send(all));
}

// An HTTP server that answers all alike; "" cuts the connection instead.
class Answering {
 public:
  explicit Answering(std::string answer)
      : answer_(std::move(answer)), server_([this](ScriptedServer::Peer& peer) {
          while (const auto request = peer.read_request()) {
            {
              const std::lock_guard lock(mutex_);
              last_ = *request;
            }
            if (answer_.empty()) return;
            peer.send(answer_);
          }
        }) {}
  std::string url() const { return server_.url(); }
  ScriptedServer::Request last() {
    const std::lock_guard lock(mutex_);
    return last_;
  }

 private:
  std::mutex mutex_;
  ScriptedServer::Request last_;
  const std::string answer_;
  ScriptedServer server_;
};

std::string http(int status, const std::string& headers = "", const std::string& body = "{}") {
  return "HTTP/1.1 " + std::to_string(status) + " X\r\n" + headers + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

struct Expected {
  int status;
  Said kind;
  bool dead = false;
  std::string body = "{}";
};

template <class Make>
void check_statuses(const std::vector<Expected>& all, Channel channel, Make make) {
  testing::RunningRuntime running(1);
  for (const auto& [status, kind, dead, body] : all) {
    INFO(status << " " << body);
    Answering server(http(status, "Retry-After: 7\r\n", body));
    const auto provider = make(running.runtime(), server.url());
    const auto outcome =
        send(*provider, attempts(1, channel, channel == Channel::webhook ? server.url() + "/hook" : "address")).at(0);
    CHECK(outcome.kind == kind);
    CHECK(outcome.address_is_dead == dead);
    CHECK(outcome.reason.find(std::to_string(status)) != std::string::npos);
    if (kind == Said::deferred) CHECK(outcome.retry_after == 7s);
  }
  INFO("cut");
  Answering cut("");
  const auto cut_off = make(running.runtime(), cut.url());
  const auto address = channel == Channel::webhook ? cut.url() + "/hook" : std::string("address");
  CHECK(send(*cut_off, attempts(1, channel, address)).at(0).kind == Said::uncertain);
  INFO("nobody there");
  const std::string nobody = "http://127.0.0.1:1";
  const auto away = make(running.runtime(), nobody);
  CHECK(send(*away, attempts(1, channel, channel == Channel::webhook ? nobody : "address")).at(0).kind ==
        Said::deferred);
}

std::unique_ptr<Provider> make_sms(common::Runtime& runtime, const std::string& url) {
  return std::make_unique<ProviderSms>(runtime,
                                       ProviderSms::Options{.url = url + "/2010-04-01/Accounts/A/Messages.json"});
}
std::unique_ptr<Provider> make_fcm(common::Runtime& runtime, const std::string& url) {
  return std::make_unique<ProviderPush>(runtime, ProviderPush::Options{.url = url + "/v1/projects/p/messages:send"});
}
std::unique_ptr<Provider> make_apns(common::Runtime& runtime, const std::string& url) {
  return std::make_unique<ProviderPush>(runtime, ProviderPush::Options{.url = url + "/3/device"});
}
const common::SystemClock system_clock_under_test;
std::unique_ptr<Provider> make_webhook(common::Runtime& runtime, const std::string&) {
  return std::make_unique<ProviderWebhook>(
      runtime, ProviderWebhook::Options{.keys = {std::string(32, 'k')}, .private_addresses = true, .deadline = 5s},
      system_clock_under_test);
}

// A mail server of one script: what it answers to each command, and after the message.
class MailServer {
 public:
  MailServer(std::string to_rcpt, std::string after_data)
      : server_([=, this](ScriptedServer::Peer& peer) {
          peer.send("220 test\r\n");
          std::string input;
          bool data = false;
          while (const auto more = peer.receive()) {
            input += *more;
            for (auto end = input.find("\r\n"); end != std::string::npos; end = input.find("\r\n")) {
              const std::string line = input.substr(0, end);
              input.erase(0, end + 2);
              if (data && line != ".") {
                const std::lock_guard lock(mutex_);
                message_ += line + "\n";
              } else if (data) {
                data = false;
                if (after_data.empty()) return;
                peer.send(after_data + "\r\n");
              } else if (line.starts_with("DATA")) {
                data = true;
                peer.send("354 go\r\n");
              } else if (line.starts_with("RCPT")) {
                if (to_rcpt.empty()) return;
                peer.send(to_rcpt + "\r\n");
              } else {
                peer.send(line.starts_with("QUIT") ? "221 bye\r\n" : "250 ok\r\n");
              }
            }
          }
        }) {}
  std::string url() const { return "smtp://127.0.0.1:" + std::to_string(server_.port()); }
  std::string message() {
    const std::lock_guard lock(mutex_);
    return message_;
  }

 private:
  std::mutex mutex_;
  std::string message_;
  ScriptedServer server_;
};

std::vector<Outcome> mail(const std::string& url, std::size_t count = 1, std::chrono::milliseconds deadline = 5s) {
  ProviderSmtp provider(
      {.url = url, .connections = 2, .deadline = deadline},
      [](const Attempt&) { return "https://example.org/unsubscribe?token=t"; }, system_clock_under_test);
  return send(provider, attempts(count, Channel::email, "ada@example.org"));
}

}  // namespace

TEST_CASE("every provider answers each attempt, in order") {
  testing::RunningRuntime running(1);
  testing::TempFolder folder;
  StoreSqlite file(folder.path());
  InboxStoreSqlite inbox(file);
  WitnessLog witness(folder.path() / "sink.jsonl", true);
  Answering server(http(200));
  MailServer mail_server("250 ok", "250 taken");
  std::vector<std::pair<Channel, std::unique_ptr<Provider>>> all;
  all.emplace_back(Channel::push, std::make_unique<ProviderSink>(witness, system_clock_under_test));
  all.emplace_back(Channel::in_app, std::make_unique<ProviderInApp>(inbox, system_clock_under_test));
  all.emplace_back(Channel::sms, make_sms(running.runtime(), server.url()));
  all.emplace_back(Channel::push, make_fcm(running.runtime(), server.url()));
  all.emplace_back(Channel::push, make_apns(running.runtime(), server.url()));
  all.emplace_back(Channel::webhook, make_webhook(running.runtime(), ""));
  all.emplace_back(Channel::email, std::make_unique<ProviderSmtp>(
                                       ProviderSmtp::Options{.url = mail_server.url(), .connections = 2},
                                       [](const Attempt&) { return "https://x/"; }, system_clock_under_test));
  for (auto& [channel, provider] : all) {
    INFO(provider->name());
    const auto outcomes =
        send(*provider, attempts(100, channel, channel == Channel::webhook ? server.url() : "ada@example.org"));
    REQUIRE(outcomes.size() == 100);
    for (const auto& outcome : outcomes)
      CHECK(outcome.kind == Said::accepted);
    CHECK(send(*provider, {}).empty());
  }
}

TEST_CASE("an SMS gateway's answers") {
  check_statuses({{201, Said::accepted},
                  {400, Said::rejected},
                  {400, Said::rejected, true, R"({"code":21211})"},
                  {400, Said::rejected, true, R"({"code":21610})"},
                  {401, Said::deferred},
                  {404, Said::rejected},
                  {429, Said::deferred},
                  {500, Said::deferred},
                  {503, Said::deferred},
                  {502, Said::uncertain},
                  {302, Said::uncertain}},
                 Channel::sms, make_sms);
}

TEST_CASE("a push service's answers, in FCM's convention and in APNs'") {
  check_statuses({{200, Said::accepted},
                  {400, Said::rejected},
                  {401, Said::deferred},
                  {404, Said::rejected, true},
                  {429, Said::deferred},
                  {500, Said::deferred},
                  {503, Said::deferred},
                  {504, Said::uncertain}},
                 Channel::push, make_fcm);
  check_statuses({{200, Said::accepted},
                  {400, Said::rejected},
                  {400, Said::rejected, true, R"({"reason":"BadDeviceToken"})"},
                  {403, Said::deferred},
                  {404, Said::rejected},
                  {410, Said::rejected, true},
                  {413, Said::rejected},
                  {429, Said::deferred},
                  {500, Said::deferred},
                  {503, Said::deferred}},
                 Channel::push, make_apns);
}

TEST_CASE("a webhook's answers: only 2xx is success, a redirect is not followed") {
  check_statuses({{200, Said::accepted},
                  {204, Said::accepted},
                  {301, Said::deferred},
                  {400, Said::deferred},
                  {404, Said::deferred},
                  {410, Said::rejected, true},
                  {429, Said::deferred},
                  {500, Said::deferred},
                  {504, Said::deferred}},
                 Channel::webhook, make_webhook);
}

TEST_CASE("an endpoint that answers with more than anybody reads may have taken it: in doubt, not refused") {
  testing::RunningRuntime running(1);
  Answering server(http(200, "", std::string(100'000, 'x')));
  const auto provider = make_webhook(running.runtime(), "");
  CHECK(send(*provider, attempts(1, Channel::webhook, server.url())).at(0).kind == Said::uncertain);
}

TEST_CASE("a webhook is signed, and its id is the delivery's for every attempt") {
  testing::RunningRuntime running(1);
  Answering server(http(200));
  const auto provider = make_webhook(running.runtime(), "");
  auto all = attempts(1, Channel::webhook, server.url() + "/hook");
  all[0].traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  send(*provider, all);
  const auto request = server.last();
  CHECK(request.head.starts_with("POST /hook "));
  CHECK(request.header("webhook-id") == "7:u0:webhook");
  CHECK(request.header("traceparent") == all[0].traceparent);
  const auto signed_text = "7:u0:webhook." + request.header("webhook-timestamp") + "." + request.body;
  CHECK(request.header("webhook-signature") == "v1," + base64_encode(hmac_sha256(std::string(32, 'k'), signed_text)));
}

TEST_CASE("a webhook never leads to a private address") {
  for (const char* text : {"127.0.0.1",
                           "10.1.2.3",
                           "172.16.0.1",
                           "192.168.1.1",
                           "169.254.169.254",
                           "100.64.0.1",
                           "0.0.0.0",
                           "224.0.0.1",
                           "255.255.255.255",
                           "192.0.2.1",
                           "198.18.0.1",
                           "::1",
                           "::",
                           "fe80::1",
                           "fc00::1",
                           "ff02::1",
                           "::ffff:127.0.0.1",
                           "64:ff9b::7f00:1",
                           "2002:7f00:1::",
                           "2001:db8::1",
                           "2001::1"}) {
    INFO(text);
    CHECK_FALSE(is_public_address(boost::asio::ip::make_address(text)));
  }
  for (const char* text :
       {"8.8.8.8", "172.15.0.1", "172.32.0.1", "100.128.0.1", "192.0.1.1", "2606:4700::1111", "::ffff:8.8.8.8"}) {
    INFO(text);
    CHECK(is_public_address(boost::asio::ip::make_address(text)));
  }
  testing::RunningRuntime running(1);
  Answering server(http(200));
  ProviderWebhook provider(running.runtime(), {.keys = {std::string(32, 'k')}}, system_clock_under_test);
  const auto outcome = send(provider, attempts(1, Channel::webhook, server.url())).at(0);
  CHECK(outcome.kind == Said::rejected);
  CHECK(server.last().head.empty());
}

TEST_CASE("a mail server's answers") {
  CHECK(mail(MailServer("250 ok", "250 taken").url()).at(0).kind == Said::accepted);
  const auto check = [](const std::string& to_rcpt, const std::string& after_data, Said kind, bool dead = false) {
    INFO(to_rcpt << " / " << after_data);
    MailServer server(to_rcpt, after_data);
    const auto outcome = mail(server.url()).at(0);
    CHECK(outcome.kind == kind);
    CHECK(outcome.address_is_dead == dead);
  };
  check("421 4.3.2 closing", "", Said::deferred);
  check("450 4.2.1 busy", "", Said::deferred);
  check("550 5.1.1 no such user", "", Said::rejected, true);
  check("250 ok", "451 4.3.0 later", Said::deferred);
  check("250 ok", "554 5.7.1 no", Said::rejected);
  check("", "", Said::deferred);         // gone before the message
  check("250 ok", "", Said::uncertain);  // gone after its end
  CHECK(mail("smtp://127.0.0.1:1").at(0).kind == Said::deferred);
}

TEST_CASE("a mail server that is silent after the message leaves it in doubt") {
  ScriptedServer silent([](ScriptedServer::Peer& peer) {
    peer.send("220 test\r\n");
    std::string all;
    while (const auto more = peer.receive()) {
      const bool in_mail = all.find("DATA\r\n") != std::string::npos;
      all += *more;
      if (in_mail) continue;
      peer.send(all.find("DATA\r\n") != std::string::npos ? "354 go\r\n" : "250 ok\r\n");
    }
  });
  const auto url = "smtp://127.0.0.1:" + std::to_string(silent.port());
  CHECK(mail(url, 1, 1500ms).at(0).kind == Said::uncertain);  // and does not wait for an answer to QUIT
}

TEST_CASE("a mail server that answers out of turn leaves the mail in doubt, and is not waited for at the end") {
  ScriptedServer confused([](ScriptedServer::Peer& peer) {
    peer.send("220 test\r\n");
    std::string all;
    while (const auto more = peer.receive()) {
      const bool had_mail = all.find("\r\n.\r\n") != std::string::npos;
      const bool in_mail = all.find("DATA\r\n") != std::string::npos;
      all += *more;
      if (had_mail) continue;
      if (all.find("\r\n.\r\n") != std::string::npos || (!in_mail && all.find("DATA\r\n") != std::string::npos)) {
        peer.send("354 go\r\n");
      } else if (!in_mail) {
        peer.send("250 ok\r\n");
      }
    }
  });
  const auto url = "smtp://127.0.0.1:" + std::to_string(confused.port());
  CHECK(mail(url, 1, 1500ms).at(0).kind == Said::uncertain);
}

TEST_CASE("a mail says how to unsubscribe by one click, and is what it should be") {
  MailServer server("250 ok", "250 taken");
  mail(server.url());
  const auto message = server.message();
  for (const char* line :
       {"List-Unsubscribe: <https://example.org/unsubscribe?token=t>\n",
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click\n", "Message-ID: <7%3au0%3aemail@notifier>\n",
        "Subject: =?utf-8?B?R3LDvMOfZQ==?=\n", "To: <ada@example.org>\n"}) {
    INFO(message);
    CHECK(message.find(line) != std::string::npos);
  }
  CHECK(message.find(base64_encode("A body\nof two lines")) != std::string::npos);
}

TEST_CASE("a long title goes over the wire in encoded words of at most 75 characters, and comes back whole") {
  auto all = attempts(1, Channel::email, "ada@example.org");
  auto notification = std::make_shared<Notification>(*all[0].notification);
  notification->title.clear();
  for (int i = 0; i < 60; ++i)
    notification->title += "gr\u00fc\u20ac ";
  all[0].notification = notification;
  const auto text = mail_text(all[0], "n@example.org", "https://x/", system_clock_under_test.now());
  const auto begin = text.find("Subject: ") + 9;
  auto rest = std::string_view(text).substr(begin, text.find("\r\nMessage-ID") - begin);
  std::string joined;
  while (!rest.empty()) {
    const auto end = std::min(rest.find("\r\n "), rest.size());
    const auto word = rest.substr(0, end);
    CHECK(word.size() <= 75);
    REQUIRE(word.starts_with("=?utf-8?B?"));
    const auto part = base64_decode(word.substr(10, word.size() - 12));
    REQUIRE(part.has_value());
    CHECK(common::valid_utf8(*part));
    joined += *part;
    rest.remove_prefix(std::min(rest.size(), end + 3));
  }
  CHECK(joined == notification->title);
}

TEST_CASE("a text message that is too long is cut between two characters") {
  CHECK(utf8_prefix("abc", 3) == "abc");
  CHECK(utf8_prefix("ab\u00fc", 3) == "ab");
  CHECK(utf8_prefix("\u20ac\u20ac", 5) == "\u20ac");
  CHECK(utf8_prefix("\u20ac", 2).size() == 2);  // there is nothing better
}

TEST_CASE("a push token is no path: whatever is in it stays one segment") {
  testing::RunningRuntime running(1);
  Answering server(http(200));
  const auto provider = make_apns(running.runtime(), server.url());
  send(*provider, attempts(1, Channel::push, "../../x?y=1#z"));
  CHECK(server.last().head.starts_with("POST /3/device/..%2F..%2Fx%3Fy%3D1%23z "));
}

TEST_CASE("another provider is asked after a definite failure, never after a doubtful one") {
  testing::RunningRuntime running(1);
  testing::TempFolder folder;
  WitnessLog witness(folder.path() / "sink.jsonl", true);
  ProviderSink second(witness, system_clock_under_test);
  Answering busy(http(503));
  Answering cut("");
  Answering refusing(http(400));
  const auto outcome_behind = [&](const std::string& url) {
    const auto first = make_fcm(running.runtime(), url);
    ProviderFailover both({first.get(), &second}, system_clock_under_test);
    return send(both, attempts(1, Channel::push, "token")).at(0).kind;
  };
  CHECK(outcome_behind(busy.url()) == Said::accepted);
  CHECK(outcome_behind("http://127.0.0.1:1") == Said::accepted);
  CHECK(outcome_behind(cut.url()) == Said::uncertain);
  CHECK(outcome_behind(refusing.url()) == Said::rejected);
}

TEST_CASE("a provider that fails again and again is passed over, until one attempt finds it well") {
  struct Script final : Provider {
    Said kind = Said::deferred;
    std::size_t asked = 0;
    std::string_view name() const noexcept override { return "script"; }
    common::Task<std::vector<Outcome>> send(const std::vector<Attempt>& all) override {
      asked += all.size();
      co_return std::vector<Outcome>(all.size(), Outcome{.kind = kind});
    }
  };
  Script script;
  common::ManualClock clock;
  ProviderFailover alone({&script}, clock);
  for (int i = 0; i < 5; ++i)
    send(alone, attempts(10, Channel::push, "t"));
  CHECK(script.asked == 50);
  CHECK(send(alone, attempts(10, Channel::push, "t")).at(0).kind == Said::deferred);
  CHECK(script.asked == 50);  // passed over
  clock.advance(600ms);
  script.kind = Said::accepted;
  CHECK(send(alone, attempts(10, Channel::push, "t")).at(0).kind == Said::accepted);
  CHECK(script.asked == 51);  // one found it well
  CHECK(send(alone, attempts(10, Channel::push, "t")).at(9).kind == Said::accepted);
}
