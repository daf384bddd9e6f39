#include "url_shortener/extras/qr_picture.h"

#include <algorithm>
#include <charconv>

#include "common/digest.h"
#include "common/http/conditional.h"
#include "common/text.h"
#include "url_shortener/extras/qr.h"
#include "url_shortener/redirect.h"
#include "url_shortener/reserved.h"

namespace url_shortener {

namespace http = common::http;

namespace {

constexpr std::chrono::seconds kept_for = std::chrono::hours{24};

std::optional<std::size_t> parse_size(std::string_view text) {
  std::size_t size = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  if (!whole || size < QrPicture::size_min || size > QrPicture::size_max) return std::nullopt;
  return size;
}

std::string cache_control(const Link& link, common::TimePoint now) {
  auto age = kept_for;
  if (link.expires_at) age = std::min(age, std::chrono::floor<std::chrono::seconds>(*link.expires_at - now));
  return "public, max-age=" + std::to_string(age.count());
}

}  // namespace

void QrPicture::add_routes(http::Router& router) {
  router.get("/v1/links/{code}/qr",
             {.summary = "The short URL as a QR code, SVG; size in pixels, errorCorrection L, M, Q or H",
              .is_public = true,
              .query = {"size", "errorCorrection"},
              .responses = {{200, "image/svg+xml", ""}, {304, "not changed", ""}, {410, "the link is gone", "Error"}}},
             [this](http::Request& r) -> http::Reply { return draw(r); });
}

common::Task<http::Response> QrPicture::draw(http::Request& request) {
  if (!is_code(request.params[0])) co_return co_await http::Reply::wait(parts_.brake.not_found(request));
  const auto size = parse_size(request.query_parameter("size").value_or(std::to_string(size_default)));
  const auto correction = parse_qr_correction(request.query_parameter("errorCorrection").value_or("M"));
  std::vector<http::Problem> problems;
  if (!size) {
    problems.push_back(
        {"size", "must be a whole number from " + std::to_string(size_min) + " to " + std::to_string(size_max)});
  }
  if (!correction) problems.push_back({"errorCorrection", "must be L, M, Q or H"});
  if (!problems.empty())
    co_return http::error(422, "VALIDATION_FAILED", "the picture's options were refused", problems);

  const auto link = co_await parts_.links.find(std::string(request.params[0]));
  if (link.has_error()) co_return http::failed(link.error());
  if (!*link) co_return co_await http::Reply::wait(parts_.brake.not_found(request));
  const auto now = parts_.clock.now();
  if (const Gone why = gone(**link, now); why != Gone::no) co_return gone_answer(why);
  auto picture = qr_svg(parts_.base_url + "/" + (*link)->code, *correction, *size);
  if (!picture) co_return http::error(422, "URL_TOO_LONG", "the short URL is too long for a QR code");
  const std::string etag = '"' + common::hex_encode(common::sha256(*picture)).substr(0, 16) + '"';
  http::Response response(http::none_match(request, etag) ? 200 : 304);
  response.header("ETag", etag).header("Cache-Control", cache_control(**link, now));
  if (response.status == 304) co_return response;
  response.header("Content-Type", "image/svg+xml").header("Content-Security-Policy", "default-src 'none'");
  response.body = std::move(*picture);
  co_return response;
}

}  // namespace url_shortener
