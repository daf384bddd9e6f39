// JSON, by Boost.JSON: `common::json` is that namespace, and parse_json is the one way in for text
// that somebody else wrote.
//
// Boost.JSON lets the last of two equal names win, where other parsers take the first; whoever
// checks a document with one and acts on it with the other can be fooled (RFC 8259 section 4). So
// parse_json refuses repeated names. The library is compiled once, in json.cpp.

#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>
#include <cstddef>
#include <string>
#include <string_view>

#include "common/result.h"

namespace common {

namespace json = boost::json;

inline constexpr std::size_t json_depth_max = 32;

// One whole JSON document (RFC 8259), strictly: UTF-8 without lone surrogates, no comments, nothing
// behind it but white space, no name twice in one object, at most 32 levels of nesting. Size is for
// the caller to limit. Errors: Failure::invalid, with a message such as "syntax error at byte 17"
// that quotes nothing of the text and may be shown to whoever sent it.
Result<json::value> parse_json(std::string_view text);

// `text` as a JSON string, quotes included. Ill-formed UTF-8 becomes U+FFFD, so the outcome is
// always valid.
std::string json_quote(std::string_view text);

}  // namespace common
