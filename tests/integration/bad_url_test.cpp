// URLs that are refused, and some that look odd and are not, through the real program.

#include <string>
#include <vector>

#include "tests/support/api_client.h"
#include "tests/support/catch.h"
#include "tests/support/server_process.h"

using namespace testing;

namespace {

RawResponse shorten(ApiClient& api, const std::string& url) {
  return api.post("/shorten", common::json::serialize(common::json::object{{"longUrl", url}}));
}

std::string with_length(std::size_t bytes) {
  std::string url = "https://example.com/";
  return url.append(bytes - url.size(), 'x');
}

}  // namespace

TEST_CASE("a URL that may not be shortened is 422, and the server goes on") {
  ServerProcess server({"--store", "memory", "--base-url", "https://sho.rt"});
  ApiClient api(server.port());
  const std::string port = std::to_string(server.port());
  const std::vector<std::string> refused = {
      // other schemes, and what hides them
      "javascript:alert(1)",
      "JaVaScRiPt:alert(1)",
      "java\tscript:alert(1)",
      " javascript:alert(1)",
      "javascript://example.com/%0aalert(1)",
      "file:///etc/passwd",
      "data:text/html,<script>1</script>",
      "ftp://example.com/",
      "vbscript:x",
      "//example.com/",
      "example.com",
      "http:example.com",
      "http:/example.com",
      "https:///path",
      "http://",
      "view-source:http://example.com",
      // credentials
      "https://user@example.com/",
      "https://user:password@example.com/",
      "https://:@example.com/",
      "https://example.com@evil.example/",
      "https://@example.com/",
      // lines and controls
      "https://example.com/\r\nX-Injected: 1",
      "https://example.com/\n",
      "\nhttps://example.com/",
      "https://example.com/\t",
      "https://exa mple.com/",
      std::string("https://example.com/\0", 21),
      "https://example.com/\x7F",
      "https://example.com/\xC2\x85"
      "x y",
      // hosts and ports
      "https://example..com/",
      "https://exa_mple com/",
      "https://[::1/",
      "https://1.2.3.4.5/",
      "https://256.1.1.1/",
      "https://example.com:0/",
      "https://example.com:65536/",
      "https://example.com:x/",
      "https://xn--/",
      "https://example.com%00.evil.example/",
      "https://example.com%2fpath/",
      // back to this server
      "http://127.0.0.1:" + port + "/talk",
      "http://localhost:" + port + "/",
      "http://LOCALHOST:" + port,
      "http://localhost.:" + port + "/",
      "http://[::1]:" + port + "/x",
      "http://[0:0:0:0:0:0:0:1]:" + port + "/",
      "http://[::ffff:127.0.0.1]:" + port + "/",
      "https://127.0.0.1:" + port + "/",
      "http://127.1:" + port + "/",
      "http://2130706433:" + port + "/",
      "http://0x7f.0.0.1:" + port + "/",
      "http://0177.0.0.1:" + port + "/",
      "https://sho.rt/talk",
      "http://SHO.rt/",
      "https://sho.rt.:443/",
      "http://sho.rt:80/",
      // length
      with_length(2049),
      with_length(9000),
      "https://example.com/" + std::string(700, ' '),
  };
  for (const auto& url : refused) {
    INFO(url.substr(0, 100));
    const auto answer = shorten(api, url);
    CHECK(answer.status == 422);
    CHECK(error_code(answer) == "URL_INVALID");
    CHECK(text_at(answer, "/error/details/0/field") == "longUrl");
    CHECK(api.get("/healthz").status == 200);
  }
  CHECK(text_at(api.get("/v1/links"), "/data") == "[]");
}

TEST_CASE("a URL comes back in its one spelling") {
  ServerProcess server({"--store", "memory"});
  ApiClient api(server.port());
  const std::vector<std::pair<std::string, std::string>> accepted = {
      {"https://example.com", "https://example.com/"},
      {"HTTPS://EXAMPLE.COM:443/A/../b/./c?Q#F", "https://example.com/b/c?Q#F"},
      {"http://example.com:8080/", "http://example.com:8080/"},
      {"https://b\xC3\xBC"
       "cher.example/",
       "https://xn--bcher-kva.example/"},
      {"https://B\xC3\x9C"
       "CHER.example/",
       "https://xn--bcher-kva.example/"},
      {"https://\xE4\xBE\x8B\xE3\x81\x88.\xE3\x83\x86\xE3\x82\xB9\xE3\x83\x88/", "https://xn--r8jz45g.xn--zckzah/"},
      {"https://example.com/\xC3\xBC?\xC3\xA4", "https://example.com/%C3%BC?%C3%A4"},
      {"https://example.com/%7euser", "https://example.com/~user"},
      {"https://example.com/a%20b", "https://example.com/a%20b"},
      {"https://example.com/%0d%0aX:1", "https://example.com/%0D%0AX:1"},
      {"https://[2001:DB8::1]/", "https://[2001:db8::1]/"},
      {with_length(2048), with_length(2048)},
      {"https://example.com/javascript:alert(1)", "https://example.com/javascript:alert(1)"},
      {"https://example.com/@user", "https://example.com/@user"},
      {"http://127.0.0.1:1/", "http://127.0.0.1:1/"},
  };
  for (const auto& [typed, normalised] : accepted) {
    INFO(typed.substr(0, 100));
    const auto created = shorten(api, typed);
    REQUIRE(created.status == 201);
    CHECK(text_at(created, "/longUrl") == normalised);
    const auto followed = api.get("/" + text_at(created, "/shortCode"));
    CHECK(followed.header("Location") == normalised);
    CHECK(followed.count("Location") == 1);
  }
}

TEST_CASE("a URL full of markup is text on its preview") {
  ServerProcess server({"--store", "memory"});
  ApiClient api(server.port());
  const auto created = shorten(api, "https://example.com/?q='%22%3E&a=b%3Cscript%3E");
  REQUIRE(created.status == 201);
  const auto page = api.get("/" + text_at(created, "/shortCode") + "+").body;
  CHECK(page.find("<script") == std::string::npos);
  CHECK(page.find("&amp;a=b") != std::string::npos);
}
