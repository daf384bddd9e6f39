#include "notifier/send_rules.h"
#include "tests/support/catch.h"

using namespace notifier;
using namespace std::chrono_literals;

namespace {

const common::TimePoint noon{std::chrono::sys_days{std::chrono::year{2026} / 3 / 10} + 12h};

struct Asked {
  Notification notification{.category = "news", .channels = only(Channel::email), .created_at = noon, .due_at = noon};
  Category category;
  KnownUser user{.user = {.id = "ada", .email = "ada@example.org"}};
  bool superseded = false;
  common::TimePoint now = noon;

  Ruling ruling(Channel channel = Channel::email) const {
    return rule(notification, category, &user, channel, superseded, now);
  }
  std::string reason() const {
    const auto ruled = ruling();
    const auto* stop = std::get_if<Stop>(&ruled);
    return stop ? std::string(to_string(stop->state)) + " " + std::string(stop->reason) : "";
  }
};

}  // namespace

TEST_CASE("nothing speaks against it: it is sent") {
  CHECK(std::holds_alternative<Send>(Asked{}.ruling()));
}

TEST_CASE("what is cancelled, collapsed or expired is not sent") {
  Asked asked;
  asked.notification.cancelled = true;
  CHECK(asked.reason() == "cancelled cancelled");
  asked = {};
  asked.superseded = true;
  CHECK(asked.reason() == "cancelled collapsed");
  asked = {};
  asked.notification.expires_at = noon;
  CHECK(asked.reason() == "expired expired");
}

TEST_CASE("who cannot be reached, or will not be, is not told") {
  Asked asked;
  CHECK(std::get<Stop>(rule(asked.notification, asked.category, nullptr, Channel::email, false, noon)).reason ==
        "unknown_user");
  CHECK(std::get<Stop>(asked.ruling(Channel::sms)).reason == "no_address");
  asked.user.dead = only(Channel::email);
  CHECK(asked.reason() == "suppressed dead_address");
  asked = {};
  asked.user.preferences.off["news"] = only(Channel::email);
  CHECK(asked.reason() == "suppressed preference");
  asked.notification.category = "other";
  CHECK(std::holds_alternative<Send>(asked.ruling()));
}

TEST_CASE("quiet hours put off, but not what is critical, and not the inbox") {
  Asked asked;
  asked.user.preferences.quiet_hours = QuietHours{11 * 60, 13 * 60};
  CHECK(std::get<Defer>(asked.ruling()).until == noon + 1h);
  CHECK(std::holds_alternative<Send>(asked.ruling(Channel::in_app)));
  asked.notification.priority = Priority::critical;
  CHECK(std::holds_alternative<Send>(asked.ruling()));
}

TEST_CASE("critical passes quiet hours, never a preference or the suppression list") {
  Asked asked;
  asked.notification.priority = Priority::critical;
  asked.user.preferences.off["news"] = only(Channel::email);
  CHECK(asked.reason() == "suppressed preference");
  asked.user.preferences = {};
  asked.user.dead = only(Channel::email);
  CHECK(asked.reason() == "suppressed dead_address");
}

TEST_CASE("a category with a window collects; its digest is sent") {
  Asked asked;
  asked.category.digest_window = 600s;
  CHECK(std::get<Collect>(asked.ruling()).window == 600s);
  asked.notification.kind = Kind::digest;
  CHECK(std::holds_alternative<Send>(asked.ruling()));
}
