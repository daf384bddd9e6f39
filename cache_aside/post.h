// What a post is. Its id rises with time, so a feed is in order when its ids are.

#pragma once

#include <cstdint>
#include <string>

#include "common/clock.h"

namespace cache_aside {

struct Post {
  std::uint64_t id = 0;
  std::uint64_t author = 0;
  std::string text;
  common::TimePoint created_at;
  std::uint64_t version = 1;

  bool operator==(const Post&) const = default;
};

// {"id","authorId","text","createdAt","version"}: what the cache keeps and the client gets.
std::string to_json(const Post& post);

}  // namespace cache_aside
