// The text of a statement. It is a constant of the program, and the compiler sees to it: whatever comes from outside
// can only be a parameter, and each connection prepares as many statements as the program has, no more.

#pragma once

#include <string_view>

namespace common::postgres {

class Sql {
 public:
  consteval Sql(const char* text) : text_(text) {}  // NOLINT(google-explicit-constructor)

  // Text put together at run time, from names that the program itself made. Must live until the statement is
  // answered. Each different text stays prepared on each connection that ran it.
  static Sql trusted(std::string_view text) noexcept { return Sql(text, 0); }

  std::string_view text() const noexcept { return text_; }

 private:
  Sql(std::string_view text, int) noexcept : text_(text) {}

  std::string_view text_;
};

}  // namespace common::postgres
