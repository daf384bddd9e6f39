// The notifier's settings: those of every server, and its own.

#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/config/server_options.h"
#include "notifier/category.h"
#include "notifier/delivery.h"
#include "notifier/guarantee.h"
#include "notifier/quota.h"

namespace notifier {

enum class Role { all, api, planner, worker };

struct Config {
  common::ServerOptions server;
  std::string store = "sqlite";  // sqlite, postgres://…
  std::string queue = "sqlite";  // sqlite, kafka://…
  Role role = Role::all;
  Guarantee guarantee = Guarantee::exactly_once;

  // Providers of each channel, in the order of failing over; the inbox needs none.
  std::map<Channel, std::vector<std::string>> providers = {
      {Channel::email, {"sink"}}, {Channel::sms, {"sink"}}, {Channel::push, {"sink"}}, {Channel::webhook, {"sink"}}};
  std::map<Channel, std::string> ambiguous;  // retry, drop; empty: what suits the provider
  std::string sink_log;                      // empty: sink.jsonl in --data
  std::string mail_from = "notifier@localhost";
  std::vector<std::string> webhook_secrets;  // whsec_…, the newest first
  bool webhook_private = false;              // webhooks may lead to private addresses
  std::chrono::milliseconds provider_timeout{20'000};
  std::string base_url;  // of links in mails; empty: the address it listens on
  std::uint32_t attempts_max = 8;
  std::map<Channel, Quota> quotas;
  Categories categories = built_in_categories();

  bool has_planner() const { return role == Role::all || role == Role::planner; }
  bool has_worker() const { return role == Role::all || role == Role::worker; }
  bool has_api() const { return role == Role::all || role == Role::api; }
  bool uses_sink() const;
  RetryPolicy policy(Channel channel) const;

  // Reads flags, environment and files. A text comes back when the user asked for --help or --version.
  // Throws common::UsageError.
  std::optional<std::string> parse(int argc, const char* const* argv);
};

// The brokers and the topics' prefix of kafka://HOST:PORT,…[/PREFIX]. Throws common::UsageError.
std::pair<std::string, std::string> split_kafka_url(const std::string& url);

}  // namespace notifier
