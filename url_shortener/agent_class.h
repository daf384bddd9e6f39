// What kind of program followed a link, and where it was found: the two facts about a click that are kept.
//
// Both are guesses from what the client says of itself, good enough for a chart and nothing else. Pure.

#pragma once

#include <string>
#include <string_view>

namespace url_shortener {

enum class AgentClass { desktop, mobile, crawler, tool, unknown };

const char* to_string(AgentClass agent) noexcept;

// From a User-Agent header. Crawlers say so ("bot", "crawler", "spider", previews of messengers); tools are
// programs that people run by hand or in scripts (curl, wget, HTTP libraries); the rest are browsers, told
// apart by "Mobi" as MDN advises, and unknown when not even "Mozilla" is there.
AgentClass agent_class(std::string_view user_agent) noexcept;

// From a Referer header: the host alone, lower case, without port. "" when there is none, or it is no
// http(s) URL with a plausible host. Never more than 253 bytes of [a-z0-9._-] or an IP literal.
std::string referrer_host(std::string_view referer);

}  // namespace url_shortener
