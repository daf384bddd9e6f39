#include "url_shortener/preview.h"

#include "common/http/pages.h"
#include "common/text.h"

namespace url_shortener {

common::http::Response preview_page(const Link& link, const std::string& base_url) {
  const std::string code = common::http::escape_html(link.code);
  const std::string url = common::http::escape_html(link.long_url);
  common::http::Response page(200);
  page.raw_headers(
      "Content-Type: text/html; charset=utf-8\r\nCache-Control: no-store\r\n"
      "Content-Security-Policy: default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
      "base-uri 'none'; "
      "frame-ancestors 'none'\r\nReferrer-Policy: no-referrer\r\n");
  page.body =
      "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" "
      "content=\"width=device-width\"><link rel=\"icon\" href=\"data:,\"><title>" +
      code +
      "</title>"
      "<style>body{font:1.1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:4rem auto;padding:0 "
      "1rem}"
      "a{overflow-wrap:anywhere}</style><h1>" +
      common::http::escape_html(base_url) + "/" + code +
      "</h1>"
      "<p>leads to</p><p><a rel=\"noreferrer nofollow\" href=\"" +
      url + "\">" + url +
      "</a></p>"
      "<p>Created " +
      common::format_rfc3339(link.created_at) +
      (link.expires_at ? ", expires " + common::format_rfc3339(*link.expires_at) : std::string()) +
      ". Looking here counted no click.</p></html>\n";
  return page;
}

}  // namespace url_shortener
