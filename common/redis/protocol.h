// RESP2 without I/O: commands to bytes, bytes to replies. hiredis does the reading.

#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "common/redis/reply.h"
#include "common/result.h"

struct redisReader;

namespace common::redis {

// A command and its arguments, any bytes: {"SET", key, value}.
using Arguments = std::span<const std::string_view>;

// Appends the command as an array of bulk strings.
void append_command(std::string& out, Arguments arguments);

class ReplyReader {
 public:
  ReplyReader();
  ReplyReader(const ReplyReader&) = delete;
  ReplyReader& operator=(const ReplyReader&) = delete;

  // Takes bytes as they came, cut anywhere.
  void feed(std::string_view bytes);
  // The next whole reply; nullopt when more bytes are needed. Failure::internal for what is not RESP2, and for an array
  // of more than a million elements: from then on nothing else comes.
  Result<std::optional<Reply>> next();

 private:
  Reply growing_;  // hiredis builds into it
  std::unique_ptr<redisReader, void (*)(redisReader*)> reader_;
};

}  // namespace common::redis
