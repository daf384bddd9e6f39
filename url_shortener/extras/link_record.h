// A link as export writes and import reads it: {"shortCode", "longUrl", "createdAt", "expiresAt", "maxClicks", "tags"},
// as a line of JSON or a record of CSV. Times have their microseconds: what comes back is what went out.
//
// In CSV tags are one cell: "a;b", or a JSON array when a tag holds a semicolon or the cell would begin with '['.
// Clicks, versions and deleted links are not in it. Pure.

#pragma once

#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/clock.h"
#include "common/http/response.h"
#include "common/json.h"
#include "url_shortener/link.h"

namespace url_shortener {

extern const std::vector<std::string> record_columns;  // of CSV, in the order in which export writes them

std::vector<std::string> to_cells(const Link& link);
common::json::object to_record(const Link& link);

// The cells of a CSV record as the fields of a JSON line; an empty cell is a field that is not there.
common::json::object fields_of(const std::vector<std::string>& columns, const std::vector<std::string>& cells);

// A link to import, or 422 with every problem. As in parse_new_link(), but: the code is given, and may be any that a
// server has ever given out; expiry may have passed; createdAt is kept, `now` if there is none. "shortUrl" is ignored.
std::variant<Link, common::http::Response> parse_record(const common::json::object& fields, common::TimePoint now,
                                                        std::span<const std::string> own_places);

}  // namespace url_shortener
