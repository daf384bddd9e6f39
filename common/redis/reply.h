// What Redis answered, as a value (RESP2, https://redis.io/docs/latest/develop/reference/protocol-spec/).

#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace common::redis {

struct Reply {
  enum class Type {
    nil,      // no such key, or an empty array that says so
    integer,  // integer
    text,     // a bulk string, any bytes; or a simple one such as "OK"
    error,    // text is Redis' own sentence: "WRONGTYPE Operation against …"
    array,    // elements
  };

  Type type = Type::nil;
  std::int64_t integer = 0;
  std::string text;
  std::vector<Reply> elements;

  bool is_nil() const noexcept { return type == Type::nil; }
  bool is_error() const noexcept { return type == Type::error; }
  bool is_text() const noexcept { return type == Type::text; }
  bool is_integer() const noexcept { return type == Type::integer; }
  bool is_array() const noexcept { return type == Type::array; }
};

}  // namespace common::redis
