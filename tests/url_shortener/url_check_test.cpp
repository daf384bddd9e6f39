#include "url_shortener/url_check.h"

#include <vector>

#include "tests/support/catch.h"

using namespace url_shortener;

namespace {

const std::vector<std::string> own = {normalise_authority("Sho.RT"), normalise_authority("127.0.0.1:8081"),
                                      normalise_authority("[::1]:8081")};

std::string problem_of(std::string_view url) {
  const auto checked = check_url(url, own);
  return checked ? "none, but " + *checked : to_string(checked.error().problem);
}

}  // namespace

TEST_CASE("a URL that may be shortened comes out normalised") {
  const std::pair<std::string, std::string> urls[] = {
      // scheme, host and port
      {"http://example.com", "http://example.com/"},
      {"HTTPS://EXAMPLE.com/Path", "https://example.com/Path"},
      {"http://example.com:80/", "http://example.com/"},
      {"https://example.com:443/", "https://example.com/"},
      {"http://example.com:443/", "http://example.com:443/"},
      {"http://example.com:/", "http://example.com/"},
      {"http://example.com:08080/", "http://example.com:8080/"},
      {"http://example.com./", "http://example.com./"},
      {"http://localhost/", "http://localhost/"},
      {"http://my_host.example/", "http://my_host.example/"},
      {"http://r3---sn-4g5e.example/", "http://r3---sn-4g5e.example/"},
      {"http://ex%61mple.com/", "http://example.com/"},
      {"http://192.0.2.1/", "http://192.0.2.1/"},
      {"http://192.0.2.1.nip.example/", "http://192.0.2.1.nip.example/"},
      {"http://[2001:DB8:0:0::1]/", "http://[2001:db8::1]/"},
      {"http://[::ffff:192.0.2.1]:81/", "http://[::ffff:192.0.2.1]:81/"},
      // international names (UTS #46, non-transitional)
      {"https://b\xC3\xBC"
       "cher.example/",
       "https://xn--bcher-kva.example/"},
      {"https://B\xC3\x9C"
       "CHER.example/",
       "https://xn--bcher-kva.example/"},
      {"https://b%C3%BCcher.example/", "https://xn--bcher-kva.example/"},
      {"https://fa\xC3\x9F.example/", "https://xn--fa-hia.example/"},
      {"https://xn--bcher-kva.example/", "https://xn--bcher-kva.example/"},
      {"https://\xE4\xBE\x8B\xE3\x81\x88.\xE3\x83\x86\xE3\x82\xB9\xE3\x83\x88/", "https://xn--r8jz45g.xn--zckzah/"},
      {"https://\xEF\xBD\x85xample.com/", "https://example.com/"},  // a full-width e
      // path, query and fragment
      {"http://h?q", "http://h/?q"},
      {"http://h#f", "http://h/#f"},
      {"http://h/a/./b/../c//d", "http://h/a/c//d"},
      {"http://h/../../x", "http://h/x"},
      {"http://h/a/..", "http://h/"},
      {"http://h/%2e%2E/x", "http://h/x"},
      {"http://h/%7euser/%41%2f%3a", "http://h/~user/A%2F%3A"},
      {"http://h/?a=%7e&b=%0d%0a", "http://h/?a=~&b=%0D%0A"},
      {"http://h/\xC3\xBC?\xC3\xBC#\xC3\xBC", "http://h/%C3%BC?%C3%BC#%C3%BC"},
      {"http://h/%ff", "http://h/%FF"},
      {"http://h/?a=../b", "http://h/?a=../b"},
      {"http://h/?", "http://h/?"},
      {"http://h/a;b=1,2@3:4", "http://h/a;b=1,2@3:4"},
  };
  for (const auto& [typed, expected] : urls) {
    INFO(typed);
    const auto checked = check_url(typed, own);
    REQUIRE(checked.has_value());
    CHECK(*checked == expected);
    CHECK(check_url(*checked, own).value() == *checked);
  }
}

TEST_CASE("a URL that may not be shortened is refused with the reason") {
  const std::pair<std::string, const char*> urls[] = {
      {"", "scheme"},
      {"example.com/no/scheme", "scheme"},
      {"javascript:alert(1)", "scheme"},
      {"JavaScript:alert(1)//http://x/", "scheme"},
      {"file:///etc/passwd", "scheme"},
      {"ftp://example.com/", "scheme"},
      {"data:text/html,x", "scheme"},
      {"//example.com/", "scheme"},
      {"http:/example.com", "scheme"},
      {"http:example.com", "scheme"},
      {"httpx://example.com", "scheme"},
      // who may not pass
      {"https://user:secret@example.com/", "credentials"},
      {"https://user@example.com/", "credentials"},
      {"https://@example.com/", "credentials"},
      // bytes
      {"http://example.com/\r\nSet-Cookie: a=b", "character"},
      {"http://example.com/\n", "character"},
      {std::string("http://example.com/\0x", 21), "character"},
      {"http://example.com/a b", "character"},
      {" http://example.com/", "character"},
      {"http://example.com/\t", "character"},
      {"http://example.com/\x7F", "character"},
      {"http://example.com/\xFF", "encoding"},
      {"http://example.com/\xC0\xAF", "encoding"},          // overlong '/'
      {"http://example.com/\xED\xA0\x80", "encoding"},      // a lone surrogate
      {"http://example.com/\xF4\x90\x80\x80", "encoding"},  // above U+10FFFF
      {"http://example.com/\xC3", "encoding"},              // cut off
      {"http://example.com/%zz", "syntax"},
      {"http://example.com/%4", "syntax"},
      {"http://example.com\\@evil.example/", "credentials"},
      {"http://example.com\\.evil.example/", "host"},
      {"http://example.com/\\evil.example/", "syntax"},
      {"http://example.com/<script>", "syntax"},
      {"http://example.com/?a[]=1", "syntax"},
      {"http://example.com/?a=b|c", "syntax"},
      // hosts
      {"http://", "host"},
      {"http:///path", "host"},
      {"http://:80/", "host"},
      {"http://a..b/", "host"},
      {"http://.a/", "host"},
      {"http://a%20b/", "host"},
      {"http://a%00b/", "host"},
      {"http://a%2Fb/", "host"},
      {"http://a%FFb/", "host"},
      {"http://a*b/", "host"},
      {"http://" + std::string(64, 'a') + ".example/", "host"},
      {"http://\xE2\x84\x80.example/", "host"},  // U+2100, which maps to "a/c"
      {"http://xn--a/", "host"},
      {"http://2130706433/", "host"},
      {"http://0x7f.1/", "host"},
      {"http://127.1/", "host"},
      {"http://127.0.0.01/", "host"},
      {"http://256.1.1.1/", "host"},
      {"http://1.2.3.4.5/", "host"},
      {"http://127.0.0.1./", "host"},
      {"http://[v1.x]/", "host"},
      {"http://[::1/", "host"},
      {"http://[::1]x/", "host"},
      {"http://[]/", "host"},
      {"http://[/", "host"},
      {"http://[fe80::1%25eth0]/", "host"},
      // ports
      {"http://example.com:0/", "port"},
      {"http://example.com:65536/", "port"},
      {"http://example.com:99999999999999999999/", "port"},
      {"http://example.com:8a/", "port"},
      {"http://example.com:80:80/", "port"},
      {"http://example.com:+80/", "port"},
      {"http://[::1]:x/", "port"},
  };
  for (const auto& [typed, expected] : urls) {
    INFO(typed);
    CHECK(problem_of(typed) == expected);
  }
}

TEST_CASE("a URL that leads back to this server is refused however it is written") {
  for (const auto* url :
       {"http://sho.rt/abc", "https://sho.rt/", "HTTP://SHO.RT:80", "https://sho.rt:443/x", "http://sho.rt./abc",
        "http://sh%6F.rt/", "http://\xEF\xBD\x93ho.rt/", "http://127.0.0.1:8081/x", "http://[::ffff:127.0.0.1]:8081/",
        "http://\xEF\xBC\x91"
        "27.0.0.1:8081/",
        "http://[0:0:0:0:0:0:0:1]:8081/", "http://sho%E3%80%82rt/"}) {
    INFO(url);
    CHECK(problem_of(url) == "loop");
  }
  CHECK(check_url("http://sho.rt:8080/", own).has_value());
  CHECK(check_url("http://127.0.0.1:8082/", own).has_value());
  CHECK(check_url("http://x.sho.rt/", own).has_value());
  CHECK(check_url("http://sho.rt/", {}).has_value());
}

TEST_CASE("a URL has at most 2048 bytes after normalisation") {
  const std::string start = "http://example.com/";
  const auto of_size = [&](std::size_t size) { return start + std::string(size - start.size(), 'x'); };
  CHECK(check_url(of_size(2048), own).has_value());
  CHECK(problem_of(of_size(2049)) == "too_long");
  CHECK(problem_of(of_size(1'000'000)) == "too_long");

  std::string shrinks = start;
  while (shrinks.size() < 2100)
    shrinks += "%41";
  CHECK(check_url(shrinks, own).has_value());
  std::string grows = start;
  while (grows.size() < 1000)
    grows += "\xC3\xBC";
  CHECK(problem_of(grows) == "too_long");
}

TEST_CASE("where the host is shared, only what lies below our path leads back to us") {
  const std::vector<std::string> below = {"sho.rt/s"};
  for (const auto* url : {"https://sho.rt/s", "https://SHO.rt:443/s/", "http://sho.rt/x/../s/abc?q"}) {
    CHECK(check_url(url, below).error().problem == UrlProblem::loop);
  }
  for (const auto* url : {"https://sho.rt/", "https://sho.rt/blog", "https://sho.rt/sale", "https://other.example/s"}) {
    CHECK(check_url(url, below).has_value());
  }
}

TEST_CASE("an authority is normalised like the host of a URL") {
  CHECK(normalise_authority("Sho.RT") == "sho.rt");
  CHECK(normalise_authority("sho.rt:80") == "sho.rt");
  CHECK(normalise_authority("sho.rt:443") == "sho.rt");
  CHECK(normalise_authority("sho.rt.:8081") == "sho.rt:8081");
  CHECK(normalise_authority("B\xC3\x9C"
                            "CHER.example:81") == "xn--bcher-kva.example:81");
  CHECK(normalise_authority("[::1]:8081") == "[::1]:8081");
  CHECK(normalise_authority("").empty());
  CHECK(normalise_authority("a b").empty());
  CHECK(normalise_authority("user@host").empty());
  CHECK(normalise_authority("host:99999").empty());
  CHECK(normalise_authority("\xFF").empty());
}
