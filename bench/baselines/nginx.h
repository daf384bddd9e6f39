// nginx as a yardstick: one worker, answering a fixed redirect as fast as its configuration allows.
//
// `return 302 URL` is the cheapest answer nginx has: no file, no upstream, no log. Its answer
// carries a small HTML body and headers of its own, so the length of the URL is chosen to make it
// move exactly as many bytes as the server it is compared with.

#pragma once

#include <filesystem>
#include <string>

#include "bench/core/endpoint.h"

namespace bench {

struct NginxSite {
  std::string location;       // where the redirect leads; without '$', which nginx would expand
  std::string cache_control;  // of the answer
};

// A whole configuration: in the foreground, one worker, no access log, connections kept for good,
// everything it writes below `folder`. `as_root`: workers then stay root, since they could not
// enter `folder` otherwise.
std::string nginx_config(const NginxSite& site, const Endpoint& listen, const std::filesystem::path& folder,
                         bool as_root);

// A URL for `location` that turns an answer of `bytes` into one of `wanted`: longer or shorter by
// the difference, but never shorter than a URL can be.
std::string fitted_location(const std::string& location, std::size_t bytes, std::size_t wanted);

}  // namespace bench
