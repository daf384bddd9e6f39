#include "notifier/dispatcher.h"

#include "common/random.h"

namespace notifier {
namespace {

// The span of a call to a provider, below the one that the message carried.
struct Call {
  std::size_t attempt;
  common::Span span;
};

std::vector<Call> begin_calls(std::vector<Attempt>& attempts, std::string_view provider, common::TimePoint now) {
  std::vector<Call> calls;
  for (std::size_t i = 0; i < attempts.size(); ++i) {
    if (attempts[i].traceparent.empty()) continue;
    const auto parent = common::parse_traceparent(attempts[i].traceparent);
    if (!parent) continue;
    common::Span span;
    span.name = "deliver " + std::string(to_string(attempts[i].id.channel));
    span.kind = common::SpanKind::client;
    span.parent_id = parent->span_id;
    span.context = parent->child(common::thread_random());
    span.start = now;
    span.tags = {{"provider", std::string(provider)}, {"attempt", std::to_string(attempts[i].number)}};
    attempts[i].traceparent = common::format_traceparent(span.context);
    calls.push_back({i, std::move(span)});
  }
  return calls;
}

}  // namespace

Dispatcher::Dispatcher(Carriers carriers, const common::Clock& clock, common::SpanSink& spans, common::Metrics& metrics)
    : carriers_(carriers), clock_(clock), spans_(spans) {
  for (const Channel channel : all_channels) {
    for (const State state : {State::delivered, State::retrying, State::failed, State::ambiguous}) {
      outcomes_[static_cast<std::size_t>(channel)][static_cast<std::size_t>(state)] =
          &metrics.counter("notifier_attempts_total", "attempts, by what became of them",
                           {{"channel", std::string(to_string(channel))}, {"state", std::string(to_string(state))}});
    }
  }
}

common::Task<std::vector<Dispatcher::Sent>> Dispatcher::send(Channel channel, std::vector<Attempt>& attempts) {
  const Carrier& carrier = carriers_[static_cast<std::size_t>(channel)];
  auto calls = begin_calls(attempts, carrier.provider->name(), clock_.now());
  const auto outcomes = co_await carrier.provider->send(attempts);
  const auto now = clock_.now();
  std::vector<Sent> sent;
  sent.reserve(attempts.size());
  std::array<std::size_t, state_count> counts{};
  for (std::size_t i = 0; i < attempts.size(); ++i) {
    sent.push_back(
        {outcomes[i], decide(outcomes[i], attempts[i].number, carrier.policy, now, common::thread_random())});
    ++counts[static_cast<std::size_t>(sent.back().decision.state)];
  }
  for (std::size_t state = 0; state < state_count; ++state) {
    if (counts[state] > 0)
      outcomes_[static_cast<std::size_t>(channel)][state]->Increment(static_cast<double>(counts[state]));
  }
  for (auto& [i, span] : calls) {
    span.duration = now - span.start;
    span.tags.emplace_back("state", std::string(to_string(sent[i].decision.state)));
    if (spans_.enabled()) spans_.record(std::move(span));
  }
  co_return sent;
}

}  // namespace notifier
