// Comma-separated values, exactly as RFC 4180 has them: what was written comes back byte for byte.
//
// Records end in CR LF. A cell that holds a comma, a quote, CR or LF is in double quotes, and quotes in it are doubled.
// The reader also takes records that end in LF alone, and a UTF-8 byte order mark in front; it skips empty lines. What
// else is not so is that record's problem, and reading goes on with the next line. Pure.

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace url_shortener {

// Appends a record.
void write_csv(const std::vector<std::string>& cells, std::string& out);

struct CsvRecord {
  std::size_t line = 0;  // from 1; where it begins
  std::vector<std::string> cells;
  std::string_view problem;  // empty: none; else a sentence's end, and `cells` mean nothing
};

class CsvReader {
 public:
  // `text` outlives this.
  explicit CsvReader(std::string_view text);

  // The next record; nullopt behind the last.
  std::optional<CsvRecord> next();

 private:
  bool at_end() const noexcept { return at_ == text_.size(); }
  bool skip_line_end();
  std::string_view read_cell(std::string& cell);
  std::string_view read_quoted(std::string& cell);
  void skip_rest_of_line();

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
};

}  // namespace url_shortener
