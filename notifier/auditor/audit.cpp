#include "notifier/auditor/audit.h"

#include <algorithm>
#include <stdexcept>

#include "common/json.h"

namespace notifier {

namespace json = common::json;

namespace {

std::uint64_t hash_of(NotificationId notification, std::string_view user) {
  std::uint64_t hash = static_cast<std::uint64_t>(notification) * 0x9e3779b97f4a7c15ULL ^ user.size();
  for (const char c : user) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0xff51afd7ed558ccdULL;
    hash ^= hash >> 32;
  }
  return hash * 0xc4ceb9fe1a85ec53ULL ^ hash >> 29;
}

NotificationId id_of(const json::value& value) {
  return std::stoll(std::string(value.as_string()));
}

Channels channels_of(const json::value& names) {
  Channels channels;
  for (const auto& name : names.as_array()) {
    const auto channel = channel_of(name.as_string());
    if (!channel) throw std::runtime_error("no channel '" + std::string(name.as_string()) + "'");
    channels = channels.with(*channel);
  }
  return channels;
}

// Of the witnesses' own format, ten million times: the value of "name":"…" or "name":number.
std::string_view field(std::string_view line, std::string_view name) {
  const auto at = line.find(name);
  if (at == std::string_view::npos) return {};
  auto value = line.substr(at + name.size());
  return value.substr(0, value.find('"'));
}

}  // namespace

void Audit::accepted(std::string_view line) {
  if (sorted_) throw std::runtime_error("requests come before witnesses");
  const auto parsed = common::parse_json(line);
  if (parsed.has_error()) throw std::runtime_error("accepted requests: " + parsed.error().message);
  const auto& object = parsed->as_object();
  const Channels channels = channels_of(object.at("channels"));
  if (const auto* notification = object.if_contains("notification")) {
    return expect(id_of(*notification), object.at("user").as_string(), channels);
  }
  const NotificationId id = id_of(object.at("broadcast"));
  if (const auto* users = object.if_contains("users")) {
    for (const auto& user : users->as_array())
      expect(id, user.as_string(), channels);
    return;
  }
  const auto first = object.at("first").to_number<std::uint64_t>();
  const auto count = object.at("count").to_number<std::uint64_t>();
  const auto digits = object.at("digits").to_number<std::size_t>();
  const std::string prefix(object.at("prefix").as_string());
  for (std::uint64_t i = first; i < first + count; ++i) {
    std::string number = std::to_string(i);
    if (number.size() < digits) number.insert(0, digits - number.size(), '0');
    expect(id, prefix + number, channels);
  }
}

void Audit::expect(NotificationId notification, std::string_view user, Channels channels) {
  for (const Channel channel : all_channels) {
    if (channels.has(channel)) channels_[static_cast<std::size_t>(channel)].keys.push_back(hash_of(notification, user));
  }
}

void Audit::sort() {
  for (auto& expected : channels_) {
    std::sort(expected.keys.begin(), expected.keys.end());
    expected.keys.erase(std::unique(expected.keys.begin(), expected.keys.end()), expected.keys.end());
    expected.taken.assign(expected.keys.size(), 0);
  }
  sorted_ = true;
}

void Audit::witnessed(std::string_view line) {
  if (!sorted_) sort();
  if (!line.ends_with('}')) return;
  const auto channel = channel_of(field(line, "\"channel\":\""));
  const auto user = field(line, "\"user\":\"");
  if (!channel || user.empty())
    throw std::runtime_error("a witness' line is none: " + std::string(line.substr(0, 200)));
  const auto items = line.find("\"items\":[");
  if (items == std::string_view::npos) {
    return take(std::stoll(std::string(field(line, "\"notification\":\""))), user, *channel);
  }
  const auto parsed = common::parse_json(line);
  for (const auto& item : parsed.value().as_object().at("items").as_array())
    take(id_of(item), user, *channel);
}

void Audit::take(NotificationId notification, std::string_view user, Channel channel) {
  Expected& expected = channels_[static_cast<std::size_t>(channel)];
  const auto key = hash_of(notification, user);
  const auto found = std::lower_bound(expected.keys.begin(), expected.keys.end(), key);
  if (found == expected.keys.end() || *found != key) {
    ++expected.unexpected;
    return;
  }
  auto& taken = expected.taken[static_cast<std::size_t>(found - expected.keys.begin())];
  if (taken < 255) ++taken;
}

AuditCounts Audit::counts(Channel channel) const {
  const Expected& expected = channels_[static_cast<std::size_t>(channel)];
  AuditCounts counts;
  counts.unexpected = expected.unexpected;
  if (!sorted_) {
    counts.none = expected.keys.size();
    return counts;
  }
  for (const auto taken : expected.taken) {
    (taken == 0 ? counts.none : taken == 1 ? counts.exactly_one : counts.two_or_more) += 1;
    counts.surplus += taken > 1 ? taken - 1U : 0U;
  }
  return counts;
}

std::string Audit::report() const {
  std::string text;
  for (const Channel channel : all_channels) {
    const AuditCounts c = counts(channel);
    if (c.exactly_one + c.none + c.two_or_more + c.unexpected == 0) continue;
    text.append(to_string(channel)).append(": ");
    text.append(std::to_string(c.exactly_one)).append(" exactly one, ");
    text.append(std::to_string(c.none)).append(" none, ");
    text.append(std::to_string(c.two_or_more)).append(" two or more (");
    text.append(std::to_string(c.surplus)).append(" too many), ");
    text.append(std::to_string(c.unexpected)).append(" that nobody asked for\n");
  }
  return text;
}

}  // namespace notifier
