#include "notifier/provider_sink.h"

#include "common/log.h"

namespace notifier {

common::Task<std::vector<Outcome>> ProviderSink::send(const std::vector<Attempt>& attempts) {
  std::vector<WitnessLine> lines;
  lines.reserve(attempts.size());
  for (const auto& attempt : attempts) {
    lines.push_back({.broadcast = attempt.notification->kind == Kind::broadcast,
                     .notification = attempt.id.notification,
                     .user = attempt.id.user,
                     .channel = attempt.id.channel,
                     .attempt = attempt.number,
                     .key = attempt.key(),
                     .items = attempt.items});
  }
  try {
    log_.write(lines, clock_.now());
  } catch (const std::exception& error) {  // some lines may be there
    common::log::error("the sink cannot write", {{"reason", error.what()}});
    co_return std::vector<Outcome>(attempts.size(), Outcome{.kind = Outcome::Kind::uncertain, .reason = "sink"});
  }
  co_return std::vector<Outcome>(attempts.size());
}

}  // namespace notifier
