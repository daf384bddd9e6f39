#include "notifier/provider_smtp.h"

#include <curl/curl.h>
#include <sys/socket.h>

#include <cstring>
#include <memory>

#include "common/text.h"
#include "notifier/hmac.h"
#include "notifier/utf8_prefix.h"

namespace notifier {
namespace {

struct Mail {
  std::string text;
  std::size_t sent = 0;
  bool all_sent = false;  // libcurl has been told that there is no more
};

std::size_t read_mail(char* buffer, std::size_t size, std::size_t count, void* opaque) {
  auto& mail = *static_cast<Mail*>(opaque);
  const std::size_t length = std::min(size * count, mail.text.size() - mail.sent);
  std::memcpy(buffer, mail.text.data() + mail.sent, length);
  mail.sent += length;
  if (length == 0) mail.all_sent = true;
  return length;
}

// RFC 2047, for what is not plain ASCII: encoded words of at most 75 characters, none of which splits a character.
std::string header_text(std::string_view text) {
  constexpr std::size_t word_bytes = 45;  // 60 of base64, and 12 around it
  bool plain = true;
  for (const char c : text)
    plain = plain && c >= 0x20 && c < 0x7f;
  if (plain) return std::string(text);
  std::string words;
  while (!text.empty()) {
    const auto word = utf8_prefix(text, word_bytes);
    words.append(words.empty() ? "=?utf-8?B?" : "\r\n =?utf-8?B?").append(base64_encode(word)).append("?=");
    text.remove_prefix(word.size());
  }
  return words;
}

// The delivery key with everything that may not stand left of an '@' percent-encoded.
std::string message_id(std::string_view key) {
  std::string id;
  for (const char c : key) {
    const bool plain =
        (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == '.';
    if (plain) {
      id += c;
    } else {
      id += "%" + common::hex_encode(std::string_view(&c, 1));
    }
  }
  return id;
}

Outcome judge(CURLcode code, long answer, bool all_sent) {
  using Kind = Outcome::Kind;
  const std::string reason =
      answer > 0 ? "smtp " + std::to_string(answer) : std::string("smtp: ") + curl_easy_strerror(code);
  if (code == CURLE_OK) return {.kind = Kind::accepted, .reason = reason};
  if (answer / 100 == 4) return {.kind = Kind::deferred, .reason = reason};
  if (answer / 100 == 5) {
    return {
        .kind = Kind::rejected, .reason = reason, .address_is_dead = answer == 550 || answer == 551 || answer == 553};
  }
  return {.kind = all_sent ? Kind::uncertain : Kind::deferred,
          .reason = std::string("smtp: ") + curl_easy_strerror(code)};
}

// Nothing more is read from the server. Otherwise libcurl, when it closes the connection, waits two minutes for the
// answer to QUIT, whatever the deadline.
void hang_up(CURL* curl) {
  curl_socket_t socket = CURL_SOCKET_BAD;
  if (curl_easy_getinfo(curl, CURLINFO_ACTIVESOCKET, &socket) == CURLE_OK && socket != CURL_SOCKET_BAD) {
    ::shutdown(socket, SHUT_RD);
  }
}

struct FreeCurl {
  void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

}  // namespace

std::string mail_text(const Attempt& attempt, std::string_view sender, std::string_view unsubscribe_url,
                      common::TimePoint now) {
  constexpr std::size_t line = 76;
  const Notification& n = *attempt.notification;
  std::string date = common::format_http_date(now);
  date.replace(date.size() - 3, 3, "+0000");
  std::string text = "Date: " + date + "\r\nFrom: <" + std::string(sender) + ">\r\nTo: <" + attempt.address + ">\r\n";
  text += "Subject: " + header_text(n.title) + "\r\nMessage-ID: <" + message_id(attempt.key()) + "@notifier>\r\n";
  text += "List-Unsubscribe: <" + std::string(unsubscribe_url) + ">\r\n";
  text += "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n";
  if (!attempt.traceparent.empty()) text += "traceparent: " + attempt.traceparent + "\r\n";
  text += "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n";
  const std::string body = base64_encode(n.body);
  for (std::size_t at = 0; at < body.size(); at += line)
    text += body.substr(at, line) + "\r\n";
  return text;
}

ProviderSmtp::ProviderSmtp(Options options, std::function<std::string(const Attempt&)> unsubscribe_url,
                           const common::Clock& clock)
    : options_(std::move(options)), unsubscribe_url_(std::move(unsubscribe_url)), clock_(clock) {
  static const bool once = [] { return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK; }();
  if (!once) throw std::runtime_error("libcurl cannot be initialised");
  for (std::size_t i = 0; i < options_.connections; ++i)
    threads_.emplace_back([this] { run(); });
}

ProviderSmtp::~ProviderSmtp() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (auto& thread : threads_)
    thread.join();
}

common::Task<std::vector<Outcome>> ProviderSmtp::send(const std::vector<Attempt>& attempts) {
  std::vector<Outcome> outcomes(attempts.size());
  if (attempts.empty()) co_return outcomes;  // nobody would wake us
  std::size_t left = attempts.size();
  std::optional<common::Parked> parked;
  const auto executor = co_await boost::asio::this_coro::executor;
  co_await common::park(executor, [&](common::Parked self) {
    const std::lock_guard lock(mutex_);
    parked.emplace(std::move(self));
    for (std::size_t i = 0; i < attempts.size(); ++i)
      jobs_.push_back({&attempts[i], &outcomes[i], &left, &parked});
    wake_.notify_all();
  });
  co_return outcomes;
}

void ProviderSmtp::run() {
  const std::unique_ptr<CURL, FreeCurl> curl(curl_easy_init());
  for (;;) {
    Job job{};
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [&] { return stopping_ || !jobs_.empty(); });
      if (stopping_) return hang_up(curl.get());
      job = jobs_.front();
      jobs_.pop_front();
    }
    Mail mail{mail_text(*job.attempt, options_.sender, unsubscribe_url_(*job.attempt), clock_.now())};
    const std::unique_ptr<curl_slist, FreeList> recipients(
        curl_slist_append(nullptr, ("<" + job.attempt->address + ">").c_str()));
    const std::string sender = "<" + options_.sender + ">";
    curl_easy_reset(curl.get());  // its connection stays
    curl_easy_setopt(curl.get(), CURLOPT_URL, options_.url.c_str());
    curl_easy_setopt(curl.get(), CURLOPT_MAIL_FROM, sender.c_str());
    curl_easy_setopt(curl.get(), CURLOPT_MAIL_RCPT, recipients.get());
    curl_easy_setopt(curl.get(), CURLOPT_READFUNCTION, read_mail);
    curl_easy_setopt(curl.get(), CURLOPT_READDATA, &mail);
    curl_easy_setopt(curl.get(), CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl.get(), CURLOPT_PROXY, "");
    curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT_MS, static_cast<long>(options_.deadline.count()));
    curl_easy_setopt(curl.get(), CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options_.deadline.count()));
    const CURLcode code = curl_easy_perform(curl.get());
    long answer = 0;
    curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &answer);
    if (code != CURLE_OK && answer < 400) hang_up(curl.get());  // it is silent, or talks of something else
    *job.outcome = judge(code, answer, mail.all_sent);
    std::vector<common::Parked> done;
    {
      const std::lock_guard lock(mutex_);
      if (--*job.left == 0) done.push_back(std::move(**job.parked));
    }
    common::resume(std::move(done));
  }
}

}  // namespace notifier
