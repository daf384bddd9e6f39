#include "url_shortener/agent_class.h"

#include <algorithm>
#include <array>

#include "common/text.h"

namespace url_shortener {
namespace {

using namespace std::string_view_literals;

// Found anywhere in the lower-cased header. Crawlers are asked first: many also claim to be a browser.
constexpr std::array crawler_marks = {
    "bot"sv,      "crawl"sv,         "spider"sv,     "slurp"sv,    "preview"sv, "facebookexternalhit"sv,
    "whatsapp"sv, "embedly"sv,       "lighthouse"sv, "headless"sv, "monitor"sv, "feedfetcher"sv,
    "archiver"sv, "mediapartners"sv,
};
// Found at the start: "curl/8.5.0".
constexpr std::array tool_prefixes = {
    "curl"sv,       "wget"sv,
    "python"sv,     "go-http-client"sv,
    "java/"sv,      "okhttp"sv,
    "axios"sv,      "node"sv,
    "undici"sv,     "postmanruntime"sv,
    "httpie"sv,     "libwww"sv,
    "insomnia"sv,   "apache-httpclient"sv,
    "php"sv,        "ruby"sv,
    "guzzlehttp"sv, "k6/"sv,
    "wrk"sv,        "apachebench"sv,
    "hey/"sv,       "loadbearing"sv,
};
constexpr std::array mobile_marks = {"mobi"sv, "android"sv, "iphone"sv, "ipad"sv};

constexpr std::size_t looked_at_max = 512;  // a header may be 32 KiB; the marks come early

// Without copying the header: `mark` is lower case already.
bool contains(std::string_view text, std::string_view mark) noexcept {
  return std::search(text.begin(), text.end(), mark.begin(), mark.end(),
                     [](char a, char b) { return common::ascii_lower(a) == b; }) != text.end();
}

bool starts_with(std::string_view text, std::string_view mark) noexcept {
  return common::iequals(text.substr(0, mark.size()), mark);
}

bool plausible_host(std::string_view host) noexcept {
  if (host.empty() || host.size() > 253) return false;
  if (host.front() == '[') {
    return host.back() == ']' && host.find_first_not_of("0123456789abcdef:.[]") == std::string_view::npos;
  }
  return std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
  });
}

}  // namespace

const char* to_string(AgentClass agent) noexcept {
  switch (agent) {
    case AgentClass::desktop:
      return "desktop";
    case AgentClass::mobile:
      return "mobile";
    case AgentClass::crawler:
      return "crawler";
    case AgentClass::tool:
      return "tool";
    case AgentClass::unknown:
      break;
  }
  return "unknown";
}

AgentClass agent_class(std::string_view user_agent) noexcept {
  const auto text = user_agent.substr(0, looked_at_max);
  const auto has = [text](std::string_view mark) { return contains(text, mark); };
  const auto begins = [text](std::string_view mark) { return starts_with(text, mark); };
  if (std::any_of(crawler_marks.begin(), crawler_marks.end(), has)) return AgentClass::crawler;
  if (std::any_of(tool_prefixes.begin(), tool_prefixes.end(), begins)) return AgentClass::tool;
  if (!starts_with(text, "mozilla") && !starts_with(text, "opera")) return AgentClass::unknown;
  if (std::any_of(mobile_marks.begin(), mobile_marks.end(), has)) return AgentClass::mobile;
  return AgentClass::desktop;
}

std::string referrer_host(std::string_view referer) {
  const auto scheme_end = referer.find("://");
  if (scheme_end == std::string_view::npos) return {};
  const auto scheme = referer.substr(0, scheme_end);
  if (!common::iequals(scheme, "http") && !common::iequals(scheme, "https")) return {};

  auto authority = referer.substr(scheme_end + 3);
  authority = authority.substr(0, authority.find_first_of("/?#"));
  authority.remove_prefix(authority.rfind('@') + 1);  // npos + 1 is 0
  const auto host_end = authority.find(':', authority.starts_with('[') ? authority.find(']') : 0);
  std::string host(authority.substr(0, host_end));
  std::transform(host.begin(), host.end(), host.begin(), common::ascii_lower);
  return plausible_host(host) ? host : std::string{};
}

}  // namespace url_shortener
