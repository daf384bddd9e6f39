// GET /{code}+: where a short link leads, for people who look before they leap.

#pragma once

#include <string>

#include "common/http/response.h"
#include "url_shortener/link.h"

namespace url_shortener {

// A page without scripts. The long URL is escaped: it is a stranger's text.
common::http::Response preview_page(const Link& link, const std::string& base_url);

}  // namespace url_shortener
