#include "url_shortener/extras/link_record.h"

#include <algorithm>
#include <charconv>

#include "common/http/json_body.h"
#include "common/text.h"
#include "url_shortener/link_json.h"
#include "url_shortener/reserved.h"

namespace url_shortener {

namespace json = common::json;
using common::TimePoint;

const std::vector<std::string> record_columns = {"shortCode", "longUrl", "createdAt", "expiresAt", "maxClicks", "tags"};

namespace {

// RFC 3339 with microseconds.
std::string exact(TimePoint time) {
  const auto rest = time.time_since_epoch() % std::chrono::milliseconds{1};
  const auto micros = rest.count() < 0 ? rest.count() + 1000 : rest.count();
  std::string text = common::format_rfc3339(time);
  text.pop_back();
  const std::string digits = std::to_string(micros);
  return text + std::string(3 - digits.size(), '0') + digits + "Z";
}

json::array array_of(const std::vector<std::string>& tags) {
  json::array array;
  for (const auto& tag : tags)
    array.emplace_back(tag);
  return array;
}

std::string tags_cell(const std::vector<std::string>& tags) {
  const bool plain = std::none_of(tags.begin(), tags.end(),
                                  [](const auto& tag) { return tag.empty() || tag.find(';') != std::string::npos; });
  if (!plain || (!tags.empty() && tags.front().starts_with('['))) return json::serialize(array_of(tags));
  std::string cell;
  for (const auto& tag : tags)
    cell.append(cell.empty() ? "" : ";").append(tag);
  return cell;
}

json::value tags_in(const std::string& cell) {
  if (cell.starts_with('[')) {
    auto array = common::parse_json(cell);
    if (array) return std::move(*array);
    return json::value(cell);  // refused as what it is, no array
  }
  json::array tags;
  for (std::size_t at = 0;;) {
    const auto end = std::min(cell.find(';', at), cell.size());
    tags.emplace_back(cell.substr(at, end - at));
    if (end == cell.size()) return tags;
    at = end + 1;
  }
}

json::value number_in(const std::string& cell) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), number);
  if (error == std::errc{} && end == cell.data() + cell.size()) return json::value(number);
  return json::value(cell);
}

}  // namespace

std::vector<std::string> to_cells(const Link& link) {
  return {link.code,
          link.long_url,
          exact(link.created_at),
          link.expires_at ? exact(*link.expires_at) : "",
          link.max_clicks ? std::to_string(*link.max_clicks) : "",
          tags_cell(link.tags)};
}

json::object to_record(const Link& link) {
  json::object object;
  object["shortCode"] = link.code;
  object["longUrl"] = link.long_url;
  object["createdAt"] = exact(link.created_at);
  object["expiresAt"] = link.expires_at ? json::value(exact(*link.expires_at)) : json::value();
  object["maxClicks"] = link.max_clicks ? json::value(*link.max_clicks) : json::value();
  object["tags"] = array_of(link.tags);
  return object;
}

json::object fields_of(const std::vector<std::string>& columns, const std::vector<std::string>& cells) {
  json::object fields;
  for (std::size_t i = 0; i < columns.size() && i < cells.size(); ++i) {
    const std::string& cell = cells[i];
    if (cell.empty()) continue;
    json::value& field = fields[columns[i]];
    if (columns[i] == "tags") {
      field = tags_in(cell);
    } else if (columns[i] == "maxClicks") {
      field = number_in(cell);
    } else {
      field = cell;
    }
  }
  return fields;
}

std::variant<Link, common::http::Response> parse_record(const json::object& fields, TimePoint now,
                                                        std::span<const std::string> own_places) {
  common::http::JsonFields record(fields,
                                  {"shortCode", "shortUrl", "longUrl", "createdAt", "expiresAt", "maxClicks", "tags"});
  Link link;
  link.code = record.required_string("shortCode");
  if (!link.code.empty() && !is_code(link.code))
    record.refuse("shortCode", "must be 1 to 32 of A-Z, a-z, 0-9, _ and -");
  if (is_reserved(link.code)) record.refuse("shortCode", "is a reserved word");
  link.created_at = record.time("createdAt").value_or(now);
  if (link.created_at > now) record.refuse("createdAt", "must not be in the future");
  link.expires_at = record.time("expiresAt");
  if (record.refused()) return record.refusal();

  json::object others;  // whose rules are those of a new link
  for (const auto* name : {"longUrl", "maxClicks", "tags"}) {
    if (const auto* value = fields.if_contains(name)) others[name] = *value;
  }
  auto checked = parse_new_link(others, now, own_places);
  if (auto* refused = std::get_if<common::http::Response>(&checked)) return std::move(*refused);
  auto& wanted = std::get<NewLink>(checked);
  link.long_url = std::move(wanted.long_url);
  link.max_clicks = wanted.max_clicks;
  link.tags = std::move(wanted.tags);
  return link;
}

}  // namespace url_shortener
