#include "url_shortener/extras/import.h"

#include <algorithm>

#include "common/http/json_body.h"
#include "common/text.h"
#include "url_shortener/api.h"
#include "url_shortener/extras/csv.h"
#include "url_shortener/extras/link_record.h"

namespace url_shortener {

namespace http = common::http;
namespace json = common::json;
using common::Result;
using common::Task;

struct LinkImport::Line {
  std::size_t number = 0;
  json::object fields;
  Link link;
  int status = 0;  // 0: to be inserted
  json::value error;

  void refuse(const http::Response& why) {
    status = why.status;
    error = common::parse_json(why.body).value().at("error");
  }
};

struct LinkImport::Counts {
  std::size_t lines = 0, created = 0, unchanged = 0, refused = 0;

  void add(int status) {
    ++lines;
    ++(status == 201 ? created : status == 200 ? unchanged : refused);
  }
};

namespace {

http::Response line_malformed(std::string_view problem) {
  return http::error(400, "LINE_MALFORMED", "the line " + std::string(problem));
}

std::string_view media_type(const http::Request& request) {
  std::string_view type = request.header(http::Header::content_type);
  type = type.substr(0, type.find(';'));
  while (type.ends_with(' '))
    type.remove_suffix(1);
  return type;
}

// Why a header of CSV is none; empty when it is one.
std::string header_problem(const std::optional<CsvRecord>& header) {
  if (!header) return "the body is empty; its first line names the columns";
  if (!header->problem.empty()) return "the first line " + std::string(header->problem);
  for (const auto& name : header->cells) {
    const bool known = name == "shortUrl" || std::count(record_columns.begin(), record_columns.end(), name) > 0;
    if (!known || std::count(header->cells.begin(), header->cells.end(), name) > 1) {
      return "the first line names the columns, each once: shortCode and longUrl, and if there are any createdAt, "
             "expiresAt, maxClicks, tags";
    }
  }
  return {};
}

}  // namespace

// The request's lines, one after the other.
class LinkImport::Lines {
 public:
  Lines(std::string_view body, bool is_csv) : body_(body), is_csv_(is_csv), csv_(is_csv ? body : std::string_view()) {
    if (is_csv_) columns_ = csv_.next().value().cells;  // begin() has looked at it
  }

  std::optional<Line> next() { return is_csv_ ? next_record() : next_object(); }

 private:
  std::optional<Line> next_record() {
    const auto record = csv_.next();
    if (!record) return std::nullopt;
    Line line;
    line.number = record->line;
    if (!record->problem.empty()) {
      line.refuse(line_malformed(record->problem));
    } else if (record->cells.size() != columns_.size()) {
      line.refuse(line_malformed("has " + std::to_string(record->cells.size()) + " cells where the first line has " +
                                 std::to_string(columns_.size())));
    } else {
      line.fields = fields_of(columns_, record->cells);
    }
    return line;
  }

  std::optional<Line> next_object() {
    while (at_ < body_.size()) {
      const auto end = std::min(body_.find('\n', at_), body_.size());
      const std::string_view text = body_.substr(at_, end - at_);
      at_ = end + 1;
      ++number_;
      if (text.find_first_not_of(" \t\r") == std::string_view::npos) continue;
      Line line;
      line.number = number_;
      auto value = common::parse_json(text);
      if (value.has_error()) {
        line.refuse(line_malformed("is not JSON: " + value.error().message));
      } else if (!value->is_object()) {
        line.refuse(line_malformed("is no JSON object"));
      } else {
        line.fields = std::move(value->as_object());
      }
      return line;
    }
    return std::nullopt;
  }

  std::string_view body_;
  bool is_csv_;
  CsvReader csv_;
  std::vector<std::string> columns_;
  std::size_t at_ = 0;
  std::size_t number_ = 0;
};

void LinkImport::add_routes(http::Router& router) {
  router.post(
      "/v1/links:import",
      {.summary = "Links with their codes, as CSV or JSON lines of at most 32 MiB; repeating it creates nothing twice",
       .max_body = bytes_max,
       .responses = {{200, "application/x-ndjson: what became of each line, then a summary", ""}}},
      [this](http::Request& r) -> http::Reply { return begin(r); });
}

http::Reply LinkImport::begin(http::Request& request) {
  const auto type = media_type(request);
  const bool is_csv = common::iequals(type, "text/csv");
  if (!is_csv && !common::iequals(type, "application/x-ndjson")) {
    return http::error(415, "CONTENT_TYPE_UNSUPPORTED",
                       "send Content-Type: text/csv or application/x-ndjson (with curl: -H 'Content-Type: text/csv' "
                       "--data-binary @links.csv)");
  }
  if (is_csv) {
    const std::string problem = header_problem(CsvReader(request.body).next());
    if (!problem.empty()) return http::error(422, "CSV_HEADER_INVALID", problem);
  }
  http::Response response(200);
  response.header("Content-Type", "application/x-ndjson").header("Cache-Control", "no-store");
  response.stream = [this, &request, is_csv](http::BodyWriter& writer) { return run(writer, request, is_csv); };
  return response;
}

Task<void> LinkImport::run(http::BodyWriter& writer, http::Request& request, bool is_csv) {
  Lines lines(request.body, is_csv);
  Counts counts;
  bool complete = true;
  for (bool more = true; more && complete;) {
    std::vector<Line> group;
    while (group.size() < group_lines) {
      auto line = lines.next();
      more = line.has_value();
      if (!more) break;
      if (line->status == 0) check(*line, request);
      group.push_back(std::move(*line));
    }
    const auto inserted = co_await insert(group);
    complete = inserted.has_value();
    std::string report;
    for (Line& line : group) {
      if (line.status == 0) line.refuse(http::failed(inserted.error()));
      counts.add(line.status);
      json::object entry{{"line", line.number}};
      if (!line.link.code.empty()) entry["shortCode"] = line.link.code;
      entry["status"] = line.status;
      if (!line.error.is_null()) entry["error"] = std::move(line.error);
      report.append(json::serialize(entry)).append("\n");
    }
    if (report.empty()) continue;
    const auto sent = co_await writer.write(std::move(report));
    if (sent.has_error()) co_return;
  }
  const json::object summary{{"summary",
                              {{"lines", counts.lines},
                               {"created", counts.created},
                               {"unchanged", counts.unchanged},
                               {"refused", counts.refused},
                               {"complete", complete}}}};
  std::string last = json::serialize(summary) + "\n";
  const auto sent = co_await writer.write(std::move(last));
  (void)sent;  // nothing is left to do
}

void LinkImport::check(Line& line, const http::Request& request) {
  auto link = parse_record(line.fields, parts_.clock.now(), parts_.own_places);
  if (auto* refused = std::get_if<http::Response>(&link)) return line.refuse(*refused);
  if (const auto wait = parts_.create_limit.refuse(client_of(request), request.started)) {
    return line.refuse(too_many_links(*wait));
  }
  line.link = std::get<Link>(std::move(link));
}

// Inserts those that are to be, and looks at those whose codes are taken. On failure what has no status is unknown.
Task<Result<void>> LinkImport::insert(std::vector<Line>& group) {
  InsertMany many;
  many.now = parts_.clock.now();
  std::vector<Line*> inserted;
  for (Line& line : group) {
    if (line.status != 0) continue;
    InsertMany::Item item;
    item.link = line.link;
    item.code_is_wished = true;
    many.items.push_back(std::move(item));
    inserted.push_back(&line);
  }
  if (inserted.empty()) co_return Result<void>{};
  const auto outcome = co_await parts_.links.insert_many(std::move(many));
  std::vector<std::string> created;  // or perhaps, when the outcome is not known
  std::vector<Line*> taken;
  Result<void> all;
  for (std::size_t i = 0; i < inserted.size(); ++i) {
    Line& line = *inserted[i];
    if (outcome.has_error()) {
      created.push_back(line.link.code);
      continue;
    }
    const auto& each = std::get<std::vector<InsertMany::Outcome>>(*outcome)[i];
    if (const auto* failed = std::get_if<Failed>(&each)) {  // those of other shards may be made
      line.refuse(http::failed(failed->error));
      all = failed->error;
    } else if (std::holds_alternative<Inserted>(each)) {
      line.status = 201;
    } else {
      taken.push_back(&line);
      continue;
    }
    created.push_back(line.link.code);
  }
  co_await parts_.finder.created_all(std::move(created));
  if (outcome.has_error()) co_return outcome.error();
  for (Line* const line : taken) {
    const auto compared = co_await compare(*line);
    if (compared.has_error()) co_return compared.error();
  }
  co_return all;
}

Task<Result<void>> LinkImport::compare(Line& line) {
  const auto there = co_await parts_.links.find(line.link.code);
  if (there.has_error()) co_return there.error();
  const Link& link = line.link;
  const bool has_time = line.fields.contains("createdAt");
  const bool same = *there && !(*there)->deleted && (*there)->long_url == link.long_url &&
                    (*there)->expires_at == link.expires_at && (*there)->max_clicks == link.max_clicks &&
                    (*there)->tags == link.tags && (!has_time || (*there)->created_at == link.created_at);
  if (same) {
    line.status = 200;
  } else {
    line.refuse(http::error(409, "CODE_TAKEN", "another link has this code, or had it until it was deleted",
                            {{"shortCode", "is taken"}}));
  }
  co_return Result<void>{};
}

}  // namespace url_shortener
