// Which URLs may be shortened, and how two spellings of one URL become the same bytes.
//
// A shortener repeats what strangers typed in a Location header and on its own pages, so it takes nothing on
// trust: http and https only, no credentials, no white space or control characters, valid UTF-8, a host that
// exists in DNS's terms, at most 2,048 bytes, and not a link back to itself. What passes comes out
// normalised (RFC 3986 section 6.2, RFC 3987, UTS #46):
//
//   scheme and host lower case · international hosts as punycode · default ports dropped · IP addresses in
//   their one spelling · "" becomes "/" · "." and ".." removed · %XX upper case, and decoded where it stands
//   for an unreserved character · other characters beyond ASCII percent-encoded
//
// Guarantees: the result is printable ASCII of at most 2,048 bytes, and checking it again gives it back
// unchanged. Pure; never throws but std::bad_alloc; fuzzed (tests/fuzz/url_check_fuzz.cpp).

#pragma once

#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include <boost/system/result.hpp>
#include <boost/throw_exception.hpp>

namespace url_shortener {

inline constexpr std::size_t url_bytes_max = 2048;

enum class UrlProblem {
  too_long,     // more than url_bytes_max, normalised
  encoding,     // not UTF-8
  character,    // white space, a control character, or one that must be percent-encoded
  scheme,       // neither http nor https
  credentials,  // user:password@
  host,         // missing, or no host name or address
  port,         // not 1 to 65535
  loop,         // leads back to this server
  syntax,       // not a URL otherwise
};

// "too_long", "encoding", …: one word, for machines.
const char* to_string(UrlProblem problem) noexcept;

struct UrlRefusal {
  UrlProblem problem = UrlProblem::syntax;
  std::string_view sentence;  // for people; static, quotes nothing of the URL
};

// The normalised URL, or why there is none.
using UrlCheck = boost::system::result<std::string, UrlRefusal>;

// `own_places`: "host" or "host:port" of every address this server is reached at, as normalised by
// normalise_authority(), and a path behind it ("sho.rt/s") where the host is shared with others. A URL that leads to
// one of them is refused as a loop.
UrlCheck check_url(std::string_view long_url, std::span<const std::string> own_places);

// "Sho.RT:443" → "sho.rt": host in its one spelling, ports 80 and 443 dropped. Empty if it is no
// authority. Wildcard listening addresses ("0.0.0.0") are ordinary addresses here.
std::string normalise_authority(std::string_view authority);

[[noreturn]] inline void throw_exception_from_error(const UrlRefusal& refusal, const boost::source_location& where) {
  boost::throw_exception(std::runtime_error(std::string(refusal.sentence)), where);
}

}  // namespace url_shortener
