#include "common/http/pages.h"

#include <openssl/evp.h>

#include <memory>

#include "common/digest.h"
#include "common/http/conditional.h"
#include "common/text.h"

namespace common::http {
namespace {

std::string base64(std::string_view bytes) {
  std::string out(4 * ((bytes.size() + 2) / 3), '\0');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), reinterpret_cast<const unsigned char*>(bytes.data()),
                  static_cast<int>(bytes.size()));
  return out;
}

// " 'sha256-…'" for each inline script of the page.
std::string script_hashes(std::string_view html) {
  constexpr std::string_view open = "<script>";
  constexpr std::string_view close = "</script>";
  std::string hashes;
  for (auto from = html.find(open); from != std::string_view::npos; from = html.find(open, from)) {
    from += open.size();
    const auto end = html.find(close, from);
    if (end == std::string_view::npos) break;
    hashes += " 'sha256-" + base64(sha256(html.substr(from, end - from))) + "'";
  }
  return hashes;
}

std::string with_siblings(std::string_view html, const std::vector<std::string>& siblings) {
  std::string page(html);
  constexpr std::string_view mark = "<!-- siblings -->";
  const auto at = page.find(mark);
  if (at == std::string::npos) return page;
  std::string links;
  for (const auto& url : siblings) {
    if (!url.starts_with("http://") && !url.starts_with("https://")) continue;
    links += "<a href=\"" + escape_html(url) + "\">" + escape_html(url) + "</a> ";
  }
  page.replace(at, mark.size(), links);
  return page;
}

struct Page {
  std::string html;
  std::string etag;
  std::string headers;
};

}  // namespace

std::string escape_html(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

void add_page(Router& router, std::string_view path, std::string_view html, const std::vector<std::string>& siblings) {
  auto page = std::make_shared<Page>();
  page->html = with_siblings(html, siblings);
  page->etag = '"' + hex_encode(sha256(page->html)).substr(0, 16) + '"';
  page->headers = "Cache-Control: no-cache\r\nETag: " + page->etag +
                  "\r\nContent-Security-Policy: default-src 'none'; connect-src 'self'; img-src 'self' data:; "
                  "style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
                  "script-src" +
                  script_hashes(page->html) + "\r\nReferrer-Policy: no-referrer\r\n";
  router.get(path, {.summary = "The page", .is_public = true, .documented = false}, [page](Request& request) -> Reply {
    Response response(none_match(request, page->etag) ? 200 : 304);
    response.raw_headers(page->headers);
    if (response.status == 304) return response;
    response.raw_headers("Content-Type: text/html; charset=utf-8\r\n");
    response.body = page->html;
    return response;
  });
}

}  // namespace common::http
