#include "url_shortener/agent_class.h"

#include "tests/support/catch.h"

using namespace url_shortener;

TEST_CASE("a User-Agent is told apart as desktop, mobile, crawler or tool") {
  const std::pair<const char*, AgentClass> agents[] = {
      {"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
       "Chrome/130.0.0.0 Safari/537.36",
       AgentClass::desktop},
      {"Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0", AgentClass::desktop},
      {"Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
       "Gecko) Version/18.1 "
       "Mobile/15E148 Safari/604.1",
       AgentClass::mobile},
      {"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 "
       "Mobile Safari/537.36",
       AgentClass::mobile},
      {"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", AgentClass::crawler},
      {"Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X) AppleWebKit/537.36 Mobile Safari/537.36 "
       "(compatible; bingbot/2.0)",
       AgentClass::crawler},
      {"facebookexternalhit/1.1", AgentClass::crawler},
      {"WhatsApp/2.23.20.0", AgentClass::crawler},
      {"curl/8.5.0", AgentClass::tool},
      {"Wget/1.21.4", AgentClass::tool},
      {"python-requests/2.32.3", AgentClass::tool},
      {"Go-http-client/2.0", AgentClass::tool},
      {"", AgentClass::unknown},
      {"something else", AgentClass::unknown},
      {"\xFF\xFE", AgentClass::unknown},
  };
  for (const auto& [header, expected] : agents) {
    INFO(header);
    CHECK(std::string(to_string(agent_class(header))) == to_string(expected));
  }
}

TEST_CASE("of a Referer only the host is kept") {
  const std::pair<const char*, const char*> referers[] = {
      {"https://www.Example.com/search?q=secret", "www.example.com"},
      {"HTTP://example.com", "example.com"},
      {"https://user:password@example.com:8443/x", "example.com"},
      {"https://user@evil.com@example.com/", "example.com"},
      {"http://[2001:DB8::1]:8080/", "[2001:db8::1]"},
      {"https://example.com?x", "example.com"},
      {"", ""},
      {"about:blank", ""},
      {"android-app://com.example", ""},
      {"https://", ""},
      {"https://exa mple.com/", ""},
      {"https://<script>/", ""},
      {"https://[::1", ""},
      {"https://\xC3\xBC.example/", ""},
  };
  for (const auto& [header, expected] : referers) {
    INFO(header);
    CHECK(referrer_host(header) == expected);
  }
  CHECK(referrer_host("https://" + std::string(254, 'a') + "/").empty());
}
