#include "notifier/config.h"

#include <algorithm>
#include <charconv>

#include "common/kafka/client.h"
#include "common/units.h"
#include "notifier/categories_file.h"
#include "notifier/webhook_signature.h"

namespace notifier {
namespace {

using common::Error;
using common::Failure;
using common::Result;

// "email=600000/1m"
Result<std::pair<Channel, Quota>> parse_quota(std::string_view text) {
  const Error wrong{Failure::invalid, "must be CHANNEL=N/DURATION, such as push=600000/1m, and N at least 4"};
  const auto equals = text.find('=');
  const auto slash = text.find('/');
  if (equals == std::string_view::npos || slash == std::string_view::npos || slash < equals) return wrong;
  const auto channel = channel_of(text.substr(0, equals));
  const auto period = common::parse_duration(text.substr(slash + 1));
  Quota quota;
  const auto number = text.substr(equals + 1, slash - equals - 1);
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), quota.count);
  const bool whole = error == std::errc{} && end == number.data() + number.size();
  if (!channel || period.has_error() || period->count() <= 0 || !whole || quota.count < 4) return wrong;
  quota.period = *period;
  return std::pair(*channel, quota);
}

void add_provider(common::Options& options, Config& config, Channel channel, std::vector<common::TextChoice> choices) {
  const std::string name(to_string(channel));
  options.add(name, config.providers[channel],
              {.help = "who carries " + name + "; given again: who is asked when the one before definitely failed",
               .default_text = "sink",
               .choices = std::move(choices)});
  options.add("ambiguous-" + name, config.ambiguous[channel],
              {.help = "what to do about an attempt whose outcome nobody knows",
               .default_text =
                   channel == Channel::email || channel == Channel::sms ? "retry with the sink, else drop" : "retry",
               .choices = {{"retry", "try again under the same key: perhaps twice"},
                           {"drop", "give up and say so: perhaps never"}}});
}

}  // namespace

std::pair<std::string, std::string> split_kafka_url(const std::string& url) {
  const auto authority = url.find("://") + 3;
  const auto slash = std::min(url.find('/', authority), url.size());
  const auto brokers = common::kafka::parse_brokers(url.substr(0, slash));
  if (brokers.has_error()) throw common::UsageError("--queue: " + brokers.error().message);
  const std::string prefix = slash + 1 < url.size() ? url.substr(slash + 1) : "notifier";
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.';
  };
  if (prefix.size() > 100 || !std::all_of(prefix.begin(), prefix.end(), allowed)) {
    throw common::UsageError("--queue: the prefix may have letters, digits, '_', '-' and '.'");
  }
  return {*brokers, prefix};
}

bool Config::uses_sink() const {
  return std::any_of(providers.begin(), providers.end(), [](const auto& each) {
    return std::find(each.second.begin(), each.second.end(), "sink") != each.second.end();
  });
}

RetryPolicy Config::policy(Channel channel) const {
  RetryPolicy policy;
  policy.attempts_max = attempts_max;
  const auto given = ambiguous.find(channel);
  const auto used = providers.find(channel);
  const bool sink = used == providers.end() || used->second.front() == "sink";
  const bool told_apart = sink || channel == Channel::push || channel == Channel::webhook;
  const bool drop = given != ambiguous.end() && !given->second.empty() ? given->second == "drop" : !told_apart;
  policy.ambiguous = drop ? AmbiguousPolicy::drop : AmbiguousPolicy::retry;
  return policy;
}

std::optional<std::string> Config::parse(int argc, const char* const* argv) {
  common::Options options("notifier", "tells ten million users something, each exactly once in its ledger");
  options.group("Notifications");
  options.add("store", store,
              {.help = "where users, notifications and the ledger live",
               .choices = {{"sqlite", "a file in --data, durable: WAL, one fsync for a group of writes"},
                           {"postgres://…", "a PostgreSQL that many processes on many hosts share"}}});
  options.add("queue", queue,
              {.help = "what stands between planning and delivering",
               .choices = {{"sqlite", "a file in --data; any number of processes on one host"},
                           {"kafka://…", "HOST:PORT,…, and perhaps /PREFIX of the topics' names"}}});
  options.add("role", role,
              {{"all", Role::all, "everything in one process"},
               {"api", Role::api, "accepts, and shows"},
               {"planner", Role::planner, "expands audiences, closes digests"},
               {"worker", Role::worker, "delivers; more of them share the work"}},
              {.help = "what this process does; each is scaled by starting more"});
  options.add("guarantee", guarantee,
              {{"exactly_once", Guarantee::exactly_once, "the ledger before and after each attempt"},
               {"at_least_once", Guarantee::at_least_once, "send, then write down: repeats after a crash"},
               {"at_most_once", Guarantee::at_most_once, "write down, then send: loses in a crash"}},
              {.help = "when the ledger is written; the others are there to be compared"});
  add_provider(
      options, *this, Channel::email,
      {{"sink", "accepts everything and writes it to --sink-log"}, {"smtp://…", "HOST:PORT of a mail server"}});
  add_provider(options, *this, Channel::sms,
               {{"sink", "likewise"}, {"http://…", "a gateway that speaks as Twilio does"}, {"https://…", ""}});
  add_provider(options, *this, Channel::push,
               {{"sink", "likewise"},
                {"http://…", "…/messages:send is FCM's HTTP v1, …/3/device APNs' form"},
                {"https://…", ""}});
  add_provider(options, *this, Channel::webhook, {{"sink", "likewise"}, {"on", "to each user's webhookUrl, signed"}});
  options.add("mail-from", mail_from, {.metavar = "ADDRESS", .help = "sender of e-mail"});
  options.add("webhook-secret", webhook_secrets,
              {.metavar = "whsec_…",
               .help = "signs webhooks; given again while keys are rotated, the newest first",
               .default_text = "none"});
  options.add("webhook-private", webhook_private,
              {.help = "webhooks may lead to private addresses: only for trying out"});
  options.add("provider-timeout", provider_timeout, {.help = "how long an attempt waits for its provider, at most"});
  options.add(
      "base-url", base_url,
      {.metavar = "URL", .help = "what unsubscribe links begin with", .default_text = "the address it listens on"});
  options.add("sink-log", sink_log,
              {.metavar = "FILE", .help = "what the sink took, a line each", .default_text = "sink.jsonl in --data"});
  options.add("max-attempts", attempts_max, {.help = "of a delivery, the first included; then it is a dead letter"});
  std::vector<std::string> quota_texts;
  options.add("quota", quota_texts,
              {.metavar = "CHANNEL=N/DURATION",
               .help = "a provider's limit, never exceeded by all workers together; such as push=600000/1m",
               .default_text = "none"});
  std::string categories_file;
  options.add("categories", categories_file,
              {.metavar = "FILE", .help = "how each category is treated", .default_text = "security, general, news"});
  server.add_to(options, "notifier", 8083);
  if (auto text = options.parse(argc, argv)) return text;

  server.validate();
  for (const auto& text : quota_texts) {
    const auto quota = parse_quota(text);
    if (quota.has_error()) throw common::UsageError("--quota " + text + ": " + quota.error().message);
    quotas[quota->first] = quota->second;
  }
  if (queue != "sqlite") split_kafka_url(queue);
  for (const auto& secret : webhook_secrets) {
    if (!webhook_secret(secret))
      throw common::UsageError("--webhook-secret: must be whsec_ and the base64 of 24 to 64 bytes");
  }
  const auto& hooks = providers[Channel::webhook];
  if (std::find(hooks.begin(), hooks.end(), "on") != hooks.end() && webhook_secrets.empty()) {
    throw common::UsageError("--webhook on needs --webhook-secret: nobody could tell that they come from here");
  }
  if (attempts_max == 0) throw common::UsageError("--max-attempts 0: at least 1");
  if (!categories_file.empty()) {
    try {
      categories = read_categories(categories_file, std::move(categories));
    } catch (const std::runtime_error& error) {
      throw common::UsageError(std::string("--categories: ") + error.what());
    }
  }
  if (options.given("sink-log") && !uses_sink()) {
    throw common::UsageError("--sink-log makes no sense without a sink: no channel uses one");
  }
  if (options.given("sink-log") && !has_worker()) {
    throw common::UsageError("--sink-log makes no sense with this --role: only workers deliver");
  }
  if (sink_log.empty()) sink_log = server.data + "/sink.jsonl";
  return std::nullopt;
}

}  // namespace notifier
