// POST /v1/links:import, text/csv or application/x-ndjson: links with their codes, such as an export.
//
//   → 200 and a stream of JSON lines, one for each line of the request, then a summary:
//     {"line": 2, "shortCode": "abc", "status": 201}           made
//     {"line": 3, "shortCode": "def", "status": 200}           was there, just so
//     {"line": 4, "shortCode": "ghi", "status": 409, "error": …}   the code leads elsewhere: that link stays
//     {"summary": {"lines", "created", "unchanged", "refused", "complete": true}}
//
//   1. Idempotent by code: whoever sends the same again, after any break, creates nothing twice. A line without a code
//      is refused for that reason. An Idempotency-Key adds nothing, and is not looked at.
//   2. A few hundred lines are one transaction, and are reported when it is committed. When the store fails, the lines
//      of that transaction say so, the summary says "complete": false, and nothing behind them has been touched.
//   3. The request is read whole before the first line is worked on, so its size has a limit of its own; more is
//      several requests. The answer is streamed; a client that leaves ends the import.
//
// Lines count against --create-limit.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/http/router.h"
#include "url_shortener/extras/parts.h"

namespace url_shortener {

class LinkImport {
 public:
  static constexpr std::size_t bytes_max = 32 << 20;  // of a request
  static constexpr std::size_t group_lines = 500;

  explicit LinkImport(const ExtraParts& parts) : parts_(parts) {}
  void add_routes(common::http::Router& router);

 private:
  template <class T>
  using Task = common::Task<T>;
  struct Line;
  class Lines;
  struct Counts;

  common::http::Reply begin(common::http::Request& request);
  Task<void> run(common::http::BodyWriter& writer, common::http::Request& request, bool is_csv);
  void check(Line& line, const common::http::Request& request);
  Task<common::Result<void>> insert(std::vector<Line>& group);
  Task<common::Result<void>> compare(Line& line);

  const ExtraParts parts_;
};

}  // namespace url_shortener
