// The lines of an import, as they come: whole ones are parsed, and a few bad ones remembered. No I/O.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/http/response.h"
#include "notifier/user.h"

namespace notifier {

class UserImport {
 public:
  static constexpr std::size_t line_max = 64 * 1024;  // bytes
  static constexpr std::size_t problems_max = 1000;   // lines that the answer names

  // Takes a part of the stream, cut anywhere.
  void add(std::string_view part);
  // The stream is over: its last line needs no end.
  void end();

  // Users that are to be stored; taking them leaves none.
  std::vector<User> take() { return std::exchange(users_, {}); }
  std::size_t waiting() const noexcept { return users_.size(); }
  void stored(std::size_t count) noexcept { stored_ += count; }

  // {"stored", "refused", "problems": [{"line", "problem"}]}
  std::string answer() const;

 private:
  struct Problem {
    std::size_t line;
    std::string problem;
  };
  void line(std::string_view text);
  void refuse(std::string problem);

  std::vector<User> users_;
  std::string rest_;       // of a line whose end has not come
  bool skipping_ = false;  // a line that is too long
  std::size_t number_ = 0;
  std::size_t stored_ = 0;
  std::size_t refused_ = 0;
  std::vector<Problem> problems_;
};

}  // namespace notifier
