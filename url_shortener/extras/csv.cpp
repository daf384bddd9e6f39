#include "url_shortener/extras/csv.h"

#include "common/text.h"

namespace url_shortener {

void write_csv(const std::vector<std::string>& cells, std::string& out) {
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) out += ',';
    if (cells[i].find_first_of(",\"\r\n") == std::string::npos) {
      out += cells[i];
      continue;
    }
    out += '"';
    for (const char c : cells[i])
      out.append(c == '"' ? 2 : 1, c);
    out += '"';
  }
  out += "\r\n";
}

CsvReader::CsvReader(std::string_view text) : text_(text) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (text_.starts_with(byte_order_mark)) text_.remove_prefix(byte_order_mark.size());
}

std::optional<CsvRecord> CsvReader::next() {
  while (skip_line_end()) {
  }
  if (at_end()) return std::nullopt;
  CsvRecord record;
  record.line = line_;
  for (;;) {
    record.problem = read_cell(record.cells.emplace_back());
    if (record.problem.empty() && !common::valid_utf8(record.cells.back())) record.problem = "is not UTF-8";
    if (!record.problem.empty()) {
      skip_rest_of_line();
      return record;
    }
    if (at_end() || skip_line_end()) return record;
    ++at_;  // the comma
  }
}

bool CsvReader::skip_line_end() {
  const std::string_view rest = text_.substr(at_);
  if (!rest.starts_with("\n") && !rest.starts_with("\r\n")) return false;
  at_ += rest.front() == '\n' ? 1 : 2;
  ++line_;
  return true;
}

// Up to the comma or the line's end behind it.
std::string_view CsvReader::read_cell(std::string& cell) {
  if (!at_end() && text_[at_] == '"') return read_quoted(cell);
  const auto end = std::min(text_.find_first_of(",\"\r\n", at_), text_.size());
  cell = text_.substr(at_, end - at_);
  at_ = end;
  if (at_end() || text_[at_] == ',' || text_[at_] == '\n') return {};
  if (text_[at_] == '"') return "has a quote inside a cell that does not begin with one";
  return text_.substr(at_).starts_with("\r\n") ? "" : "has a carriage return outside of quotes";
}

std::string_view CsvReader::read_quoted(std::string& cell) {
  for (++at_;; ++at_) {
    const auto quote = text_.find('"', at_);
    if (quote == std::string_view::npos) {
      at_ = text_.size();
      return "has a quote that does not end";
    }
    const std::string_view part = text_.substr(at_, quote - at_);
    for (const char c : part)
      line_ += c == '\n' ? 1 : 0;
    cell += part;
    at_ = quote + 1;
    if (at_end() || text_[at_] != '"') break;
    cell += '"';
  }
  const std::string_view rest = text_.substr(at_);
  if (rest.empty() || rest.front() == ',' || rest.front() == '\n' || rest.starts_with("\r\n")) return {};
  return "has something behind a closing quote";
}

void CsvReader::skip_rest_of_line() {
  const auto end = text_.find('\n', at_);
  at_ = end == std::string_view::npos ? text_.size() : end + 1;
  ++line_;
}

}  // namespace url_shortener
