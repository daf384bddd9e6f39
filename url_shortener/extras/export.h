// GET /v1/links:export?format=csv|ndjson&tag=: all links, newest first, as a stream.
//
// Pages of the list go out as they are read, and the next is read when the client has taken the last: memory is bounded
// by a page. What is there all the while is in it once; what is created meanwhile is not. When the store fails on the
// way the connection ends without the last chunk, so that nobody takes a part for the whole.

#pragma once

#include <string_view>

#include "common/http/router.h"
#include "url_shortener/extras/parts.h"

namespace url_shortener {

class LinkExport {
 public:
  explicit LinkExport(const ExtraParts& parts) : parts_(parts) {}
  void add_routes(common::http::Router& router);

 private:
  enum class Format { csv, ndjson };

  common::Task<common::http::Response> begin(common::http::Request& request);
  common::Task<void> write(common::http::BodyWriter& writer, Format format, ListQuery query, std::vector<Link> page);

  const ExtraParts parts_;
};

}  // namespace url_shortener
