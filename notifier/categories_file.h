// The file of --categories:
//
//   [[category]]
//   name = "digest_me"
//   priority = "bulk"                  # critical, normal, bulk
//   channels = ["email", "in_app"]
//   digest = "10m"                     # collected, and sent as one
//   expiry = "24h"                     # not sent later
//
// Only `name` is required; without the others it is treated as `general` is.

#pragma once

#include <string>

#include "notifier/category.h"

namespace notifier {

// `categories` with those of the file added, or replaced. Throws std::runtime_error("FILE:LINE: …").
Categories read_categories(const std::string& file, Categories categories);

}  // namespace notifier
