#include "cache_aside/post.h"

#include "common/json.h"
#include "common/text.h"

namespace cache_aside {

std::string to_json(const Post& post) {
  return "{\"id\":" + std::to_string(post.id) + ",\"authorId\":" + std::to_string(post.author) +
         ",\"text\":" + common::json_quote(post.text) + ",\"createdAt\":\"" + common::format_rfc3339(post.created_at) +
         "\",\"version\":" + std::to_string(post.version) + "}";
}

}  // namespace cache_aside
