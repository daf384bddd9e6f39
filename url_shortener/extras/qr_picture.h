// GET /v1/links/{code}/qr?size=&errorCorrection=: the short URL as a QR code, to print. Public, as the redirect is.
//
// size: 64 to 4096 pixels (256). errorCorrection: L, M, Q or H (M). The picture depends on the code alone, so it may be
// kept: an ETag, and max-age of a day, less if the link expires sooner. A link that is gone has none: 410.

#pragma once

#include "common/http/router.h"
#include "url_shortener/extras/parts.h"

namespace url_shortener {

class QrPicture {
 public:
  static constexpr std::size_t size_min = 64, size_max = 4096, size_default = 256;

  explicit QrPicture(const ExtraParts& parts) : parts_(parts) {}
  void add_routes(common::http::Router& router);

 private:
  common::Task<common::http::Response> draw(common::http::Request& request);

  const ExtraParts parts_;
};

}  // namespace url_shortener
