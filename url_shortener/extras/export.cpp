#include "url_shortener/extras/export.h"

#include <stdexcept>

#include "url_shortener/extras/csv.h"
#include "url_shortener/extras/link_record.h"

namespace url_shortener {

namespace http = common::http;
using common::Task;

namespace {

constexpr std::size_t page_links = 500;

}  // namespace

void LinkExport::add_routes(http::Router& router) {
  router.get("/v1/links:export",
             {.summary = "All links, as a stream of CSV (format=csv) or of JSON lines (format=ndjson)",
              .query = {"format", "tag"},
              .responses = {{200, "text/csv or application/x-ndjson", ""}}},
             [this](http::Request& r) -> http::Reply { return begin(r); });
}

// The first page is read before the head goes out: a store that is away is an error answer.
Task<http::Response> LinkExport::begin(http::Request& request) {
  const auto format = request.query_parameter("format").value_or("csv");
  if (format != "csv" && format != "ndjson") {
    co_return http::error(422, "FORMAT_INVALID", "the export's format was refused",
                          {{"format", "must be csv or ndjson"}});
  }
  ListQuery query;
  query.limit = page_links;
  query.tag = request.query_parameter("tag");
  auto page = co_await parts_.links.list(query);
  if (page.has_error()) co_return http::failed(page.error());
  http::Response response(200);
  response.header("Content-Type", format == "csv" ? "text/csv; charset=utf-8; header=present" : "application/x-ndjson")
      .header("Content-Disposition", "attachment; filename=\"links." + format + "\"")
      .header("Cache-Control", "no-store");
  const Format chosen = format == "csv" ? Format::csv : Format::ndjson;
  response.stream = [this, chosen, query = std::move(query), first = std::move(*page)](http::BodyWriter& writer) {
    return write(writer, chosen, query, first);
  };
  co_return response;
}

Task<void> LinkExport::write(http::BodyWriter& writer, Format format, ListQuery query, std::vector<Link> page) {
  std::string chunk;
  if (format == Format::csv) write_csv(record_columns, chunk);
  for (;;) {
    for (const Link& link : page) {
      if (format == Format::csv) {
        write_csv(to_cells(link), chunk);
      } else {
        chunk.append(common::json::serialize(to_record(link))).append("\n");
      }
    }
    if (!chunk.empty()) {
      const auto sent = co_await writer.write(std::move(chunk));
      if (sent.has_error()) co_return;  // the client is gone
    }
    chunk.clear();
    if (page.size() < page_links) co_return;
    query.before.emplace(page.back().created_at, page.back().code);
    auto next = co_await parts_.links.list(query);
    if (next.has_error()) throw std::runtime_error("an export broke off: " + next.error().message);
    page = std::move(*next);
  }
}

}  // namespace url_shortener
