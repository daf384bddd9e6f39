#include "common/http/pages.h"

#include "tests/common/http/asked.h"

using namespace common::http;
using namespace testing;

namespace {

// sha256("alert(1)") and of the empty script, by `openssl dgst -sha256 -binary | base64`.
constexpr std::string_view alert_hash = "'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='";
constexpr std::string_view empty_hash = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='";

std::string policy_of(std::string_view html) {
  Application app(1000);
  add_page(app.router(), "/", html);
  return ask(app, request("GET", "/")).header("Content-Security-Policy");
}

}  // namespace

TEST_CASE("a page is served whole, and not again to who has it") {
  Application app(1000);
  add_page(app.router(), "/", "<!doctype html><p>hello</p>");
  const RawResponse page = ask(app, request("GET", "/"));
  CHECK(page.status == 200);
  CHECK(page.body == "<!doctype html><p>hello</p>");
  CHECK(page.header("Content-Type") == "text/html; charset=utf-8");
  CHECK(page.header("Cache-Control") == "no-cache");
  CHECK(page.header("Referrer-Policy") == "no-referrer");
  const std::string etag = page.header("ETag");
  CHECK(etag.size() == 18);
  const RawResponse again = ask(app, request("GET", "/", "If-None-Match: " + etag + "\r\n"));
  CHECK(again.status == 304);
  CHECK(again.body.empty());
  CHECK(again.header("ETag") == etag);
  for (const std::string& have : {"W/" + etag, "\"other\", " + etag, std::string("*")}) {
    CHECK(ask(app, request("GET", "/", "If-None-Match: " + have + "\r\n")).status == 304);
  }
  CHECK(ask(app, request("GET", "/", "If-None-Match: \"other\"\r\n")).status == 200);
  CHECK(ask(app, request("HEAD", "/")).header("Content-Length") == "27");
}

TEST_CASE("exactly the page's own scripts may run") {
  CHECK(policy_of("<p>no script</p>").ends_with("; script-src"));  // an empty list allows none
  CHECK(policy_of("<script>alert(1)</script>").ends_with("; script-src " + std::string(alert_hash)));
  CHECK(policy_of("<script>alert(1)</script><p></p><script></script>")
            .ends_with("; script-src " + std::string(alert_hash) + " " + std::string(empty_hash)));
  CHECK(policy_of("<script>never closed").ends_with("; script-src"));
  const std::string policy = policy_of("");
  CHECK(policy.starts_with("default-src 'none'; connect-src 'self'; "));
  CHECK(policy.find("frame-ancestors 'none'") != std::string::npos);
  CHECK(policy.find("script-src 'unsafe") == std::string::npos);
}

TEST_CASE("the other servers are links on the page, and what is no web address is not") {
  Application app(1000);
  add_page(app.router(), "/", "<nav><!-- siblings --></nav>",
           {"http://127.0.0.1:8082", "javascript:alert(1)", "https://x/?a=1&b=\"><script>alert(1)</script>"});
  CHECK(ask(app, request("GET", "/")).body ==
        "<nav><a href=\"http://127.0.0.1:8082\">http://127.0.0.1:8082</a> "
        "<a href=\"https://x/?a=1&amp;b=&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;\">"
        "https://x/?a=1&amp;b=&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;</a> </nav>");
  CHECK(ask(app, request("GET", "/")).header("Content-Security-Policy").ends_with("; script-src"));
}

TEST_CASE("text becomes HTML text, and cannot leave an attribute") {
  CHECK(escape_html("a<b>&\"c\" 'd'") == "a&lt;b&gt;&amp;&quot;c&quot; &#39;d&#39;");
}
