// E-mail over SMTP (RFC 5321), by libcurl.
//
//   250 after the message    accepted: the server is responsible now
//   4yz                      deferred; 421 too
//   5yz                      rejected; 550, 551, 553 of the recipient: never again
//   gone before the message's end was sent    deferred: it cannot have been taken
//   gone, or silent, after it                 uncertain. SMTP has no way to ask
//
// Message-ID is made from the delivery key: an attempt that is repeated carries the same, and mailboxes that look at it
// show one. Each mail carries List-Unsubscribe and List-Unsubscribe-Post (RFC 8058). Signing (DKIM) is the relay's.
//
// libcurl's easy interface blocks, so it runs on a few threads, each of which keeps its connection. Thread-safe.

#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "common/clock.h"
#include "common/runtime/park.h"
#include "notifier/provider.h"

namespace notifier {

class ProviderSmtp final : public Provider {
 public:
  struct Options {
    std::string url{};  // smtp://host:port
    std::string sender = "notifier@localhost";
    std::size_t connections = 8;
    std::chrono::milliseconds deadline = std::chrono::seconds{30};  // of one message
  };

  // `unsubscribe_url`: of a user and a category, complete.
  ProviderSmtp(Options options, std::function<std::string(const Attempt&)> unsubscribe_url, const common::Clock& clock);
  ~ProviderSmtp() override;

  std::string_view name() const noexcept override { return "smtp"; }
  common::Task<std::vector<Outcome>> send(const std::vector<Attempt>& attempts) override;

 private:
  struct Job {
    const Attempt* attempt;
    Outcome* outcome;
    std::size_t* left;  // of its send(), guarded by the mutex
    std::optional<common::Parked>* parked;
  };
  void run();

  const Options options_;
  const std::function<std::string(const Attempt&)> unsubscribe_url_;
  const common::Clock& clock_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  std::deque<Job> jobs_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

// The message as it goes over the wire: headers and body, lines ended by CR LF.
std::string mail_text(const Attempt& attempt, std::string_view sender, std::string_view unsubscribe_url,
                      common::TimePoint now);

}  // namespace notifier
