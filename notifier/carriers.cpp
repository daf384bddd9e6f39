#include "notifier/carriers.h"

#include "notifier/provider_failover.h"
#include "notifier/provider_in_app.h"
#include "notifier/provider_push.h"
#include "notifier/provider_sink.h"
#include "notifier/provider_sms.h"
#include "notifier/provider_smtp.h"
#include "notifier/provider_webhook.h"
#include "notifier/unsubscribe_token.h"
#include "notifier/webhook_signature.h"

namespace notifier {
namespace {

std::unique_ptr<Provider> open_mail(const Config& config, const std::string& url, const std::string& secret,
                                    const std::string& base_url, const common::Clock& clock) {
  const auto unsubscribe_url = [secret, base_url](const Attempt& attempt) {
    const Unsubscription from{attempt.id.user, attempt.notification->category, Channel::email};
    return base_url + "/unsubscribe?token=" + unsubscribe_token(secret, from);
  };
  ProviderSmtp::Options options{.url = url, .sender = config.mail_from};
  options.deadline = config.provider_timeout;
  return std::make_unique<ProviderSmtp>(std::move(options), unsubscribe_url, clock);
}

std::unique_ptr<Provider> open_webhook(const Config& config, common::Runtime& runtime, const common::Clock& clock) {
  ProviderWebhook::Options options{.private_addresses = config.webhook_private, .deadline = config.provider_timeout};
  for (const auto& text : config.webhook_secrets)
    options.keys.push_back(*webhook_secret(text));
  return std::make_unique<ProviderWebhook>(runtime, std::move(options), clock);
}

}  // namespace

OpenCarriers open_carriers(const Config& config, common::Runtime& runtime, const Stores& stores,
                           const std::string& base_url, const common::Clock& clock) {
  OpenCarriers open;
  const auto keep = [&](std::unique_ptr<Provider> provider) {
    open.providers.push_back(std::move(provider));
    return open.providers.back().get();
  };
  const auto open_one = [&](Channel channel, const std::string& choice) -> std::unique_ptr<Provider> {
    if (choice == "sink") return std::make_unique<ProviderSink>(*open.witness, clock);
    if (channel == Channel::email) return open_mail(config, choice, stores.unsubscribe_secret, base_url, clock);
    if (channel == Channel::webhook) return open_webhook(config, runtime, clock);
    if (channel == Channel::sms) {
      ProviderSms::Options options{.url = choice};
      options.deadline = config.provider_timeout;
      return std::make_unique<ProviderSms>(runtime, std::move(options));
    }
    ProviderPush::Options options{.url = choice};
    options.deadline = config.provider_timeout;
    return std::make_unique<ProviderPush>(runtime, std::move(options));
  };
  if (config.uses_sink() && config.has_worker()) open.witness = std::make_unique<WitnessLog>(config.sink_log, true);
  for (const Channel channel : all_channels) {
    Carrier& carrier = open.carriers[static_cast<std::size_t>(channel)];
    carrier.policy = config.policy(channel);
    if (!config.has_worker()) continue;
    if (channel == Channel::in_app) {
      carrier.provider = keep(std::make_unique<ProviderInApp>(*stores.inbox, clock));
      continue;
    }
    std::vector<Provider*> choices;
    for (const auto& choice : config.providers.at(channel))
      choices.push_back(keep(open_one(channel, choice)));
    const bool alone = choices.size() == 1 && config.providers.at(channel).front() == "sink";
    carrier.provider = alone ? choices.front() : keep(std::make_unique<ProviderFailover>(std::move(choices), clock));
  }
  return open;
}

}  // namespace notifier
