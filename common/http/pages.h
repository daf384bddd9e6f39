// A page that is part of the program: one HTML file with its style and script inside, embedded at build time.
//
// Served with an ETag, and with a Content-Security-Policy that allows exactly the scripts the page has (by their
// SHA-256) and connections to its own server: nothing that a stranger's data could add would run.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/http/router.h"

namespace common::http {

// Adds GET `path`. "<!-- siblings -->" in `html` becomes links to `siblings` (URLs of the other servers).
void add_page(Router& router, std::string_view path, std::string_view html,
              const std::vector<std::string>& siblings = {});

// `text` as HTML text or a quoted attribute's value.
std::string escape_html(std::string_view text);

}  // namespace common::http
