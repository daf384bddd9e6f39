// nginx as a yardstick: one worker, answering a fixed redirect as fast as its configuration allows.
//
// `return 302 URL` is the cheapest answer nginx has: no file, no upstream, no log. Its answer
// carries a small HTML body and headers of its own; add_header pads it, so that it moves as many
// bytes as the server it is compared with.

#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "bench/core/endpoint.h"

namespace bench {

struct NginxSite {
  std::string location;  // where the redirect leads; without '$', which nginx would expand
  std::vector<std::pair<std::string, std::string>> headers;
};

// A whole configuration: in the foreground, one worker, no access log, connections kept for good,
// everything it writes below `folder`. `as_root`: workers then stay root, since they could not
// enter `folder` otherwise.
std::string nginx_config(const NginxSite& site, const Endpoint& listen,
                         const std::filesystem::path& folder, bool as_root);

// `site` with a header X-Padding so that an answer of `bytes` grows to `wanted`. Unchanged if it is
// as large already, or if the gap is smaller than the shortest header.
NginxSite padded(NginxSite site, std::size_t bytes, std::size_t wanted);

}  // namespace bench
