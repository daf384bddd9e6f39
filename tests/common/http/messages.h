// Request messages that a server must refuse, each with its answer: the shapes that request smuggling and
// header injection are made of (RFC 9112 section 11), and plain nonsense.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace testing {

struct Refused {
  std::string what;
  std::string bytes;
  int status;
  std::string code;
};

// A GET with `lines` ("Name: value\r\n" each) behind its Host.
inline std::string get_with(std::string_view lines) {
  return "GET / HTTP/1.1\r\nHost: x\r\n" + std::string(lines) + "\r\n";
}

inline std::string post_with(std::string_view lines, std::string_view body = {}) {
  return "POST / HTTP/1.1\r\nHost: x\r\n" + std::string(lines) + "\r\n" + std::string(body);
}

inline std::string chunked(std::string_view body) {
  return post_with("Transfer-Encoding: chunked\r\n", body);
}

inline std::string repeat(std::string_view text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i)
    all.append(text);
  return all;
}

inline std::vector<Refused> refused_framing() {
  const std::string ambiguous = "FRAMING_AMBIGUOUS";
  std::vector<Refused> all;
  for (const char* lines : {"Content-Length: 5\r\nContent-Length: 6\r\n",
                            "Content-Length: 5\r\nContent-Length: 5\r\n",
                            "Content-Length: 5, 5\r\n",
                            "Content-Length: 5,6\r\n",
                            "Content-Length: -1\r\n",
                            "Content-Length: +5\r\n",
                            "Content-Length: 5 5\r\n",
                            "Content-Length: 0x5\r\n",
                            "Content-Length: 5;\r\n",
                            "Content-Length: ,5\r\n",
                            "Content-Length: \"5\"\r\n",
                            "Content-Length:\r\n",
                            "Content-Length: \t\r\n",
                            "Content-Length: five\r\n",
                            "Content-Length: 18446744073709551616\r\n",
                            "Content-Length: 99999999999999999999999\r\n",
                            "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
                            "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
                            "Content-Length: 5\r\nTransfer-Encoding: identity\r\n",
                            "Transfer-Encoding: gzip, chunked\r\n",
                            "Transfer-Encoding: chunked, gzip\r\n",
                            "Transfer-Encoding: chunked, chunked\r\n",
                            "Transfer-Encoding: ,chunked\r\n",
                            "Transfer-Encoding: chunked,\r\n",
                            "Transfer-Encoding: xchunked\r\n",
                            "Transfer-Encoding: chunkedx\r\n",
                            "Transfer-Encoding: chunked;a=b\r\n",
                            "Transfer-Encoding: chu nked\r\n",
                            "Transfer-Encoding: \"chunked\"\r\n",
                            "Transfer-Encoding: identity\r\n",
                            "Transfer-Encoding: gzip\r\n",
                            "Transfer-Encoding:\r\n",
                            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
                            "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n",
                            "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"}) {
    all.push_back({lines, post_with(lines, "0\r\n\r\n"), 400, ambiguous});
  }
  all.push_back({"Transfer-Encoding in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400,
                 ambiguous});
  all.push_back(
      {"a length past every limit", post_with("Content-Length: 18446744073709551615\r\n"), 413, "BODY_TOO_LARGE"});
  all.push_back({"a length one past the limit", post_with("Content-Length: 4097\r\n"), 413, "BODY_TOO_LARGE"});
  return all;
}

inline std::vector<Refused> refused_fields() {
  using namespace std::string_literals;
  std::vector<Refused> all;
  for (const auto& line : {"Name : value"s,
                           "Content-Length : 5"s,
                           "Transfer-Encoding : chunked"s,
                           "Na me: value"s,
                           ": value"s,
                           "Name"s,
                           "Na\0me: value"s,
                           "Na(me: value"s,
                           "N\xc3\xa4me: value"s,
                           "\x7f: value"s,
                           "Name: a\0b"s,
                           "Name: a\x01"
                           "b"s,
                           "Name: a\x0b"
                           "b"s,
                           "Name: a\x7f"
                           "b"s,
                           "Name: a\rb"s,
                           "Name: a\rX-Injected: b"s,
                           "Name: a\r"s,
                           "\rName: a"s,
                           "Transfer-Encoding: \x0b"
                           "chunked"s,
                           "Connection: @"s}) {
    all.push_back({line, get_with(line + "\r\n"), 400, "REQUEST_MALFORMED"});
  }
  for (const auto& text : {"Name: a\nX: b\r\n"s, "Name: a\n"s, "\nName: a\r\n"s}) {
    all.push_back({"a bare LF: " + text, get_with(text), 400, "REQUEST_MALFORMED"});
  }
  all.push_back({"bare LFs only", "GET / HTTP/1.1\nHost: x\n\n", 400, "REQUEST_MALFORMED"});
  all.push_back({"a bare LF at the head's end", "GET / HTTP/1.1\r\nHost: x\r\n\n", 400, "REQUEST_MALFORMED"});
  all.push_back({"a bare LF behind a good line", "GET / HTTP/1.1\r\nHost: x\n\r\n", 400, "REQUEST_MALFORMED"});
  all.push_back({"a bare LF before the request", "\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", 400, "REQUEST_MALFORMED"});
  for (const char* lines : {"Name: a\r\n b\r\n", "Name: a\r\n\tb\r\n", "Name:\r\n b\r\n", "Name: \r\n \r\n",
                            "Name: a\r\n \r\n", "X-Request-ID: abc\r\n def\r\n", "Transfer-Encoding:\r\n chunked\r\n",
                            "Content-Length:\r\n 5\r\n", "Name: a\r\n b\r\nBad name: c\r\n"}) {
    all.push_back({lines, get_with(lines), 400, "HEADER_FOLDED"});
  }
  all.push_back({"white space before the first field", "GET / HTTP/1.1\r\n Host: x\r\n\r\n", 400, "HEADER_FOLDED"});
  const std::string kib = "Name: " + std::string(1016, 'v') + "\r\n";
  all.push_back({"64 KiB of headers", get_with(repeat(kib, 64)), 431, "HEADERS_TOO_LARGE"});
  all.push_back(
      {"one header of 64 KiB", get_with("Name: " + std::string(65536, 'v') + "\r\n"), 431, "HEADERS_TOO_LARGE"});
  all.push_back({"101 fields", get_with(repeat("N: v\r\n", 100)), 431, "HEADERS_TOO_LARGE"});
  return all;
}

inline std::vector<Refused> refused_request_lines() {
  using namespace std::string_literals;
  std::vector<Refused> all;
  for (const auto& line : {"GET  / HTTP/1.1"s, "GET\t/ HTTP/1.1"s, " GET / HTTP/1.1"s, "G@T / HTTP/1.1"s,
                           "GE\0T / HTTP/1.1"s, "GET /\x01 HTTP/1.1"s, "GET /\0 HTTP/1.1"s, "GET /\x7f HTTP/1.1"s,
                           "GET"s, "GET /"s, "/ HTTP/1.1"s, " / HTTP/1.1"s, "GET\r / HTTP/1.1"s, "\rGET / HTTP/1.1"s}) {
    all.push_back({line, line + "\r\nHost: x\r\n\r\n", 400, "REQUEST_MALFORMED"});
  }
  // What follows the second space is the version.
  for (const char* line :
       {"GET /a b HTTP/1.1", "GET /  HTTP/1.1", "GET / ", "GET / HTTP/1.1 ", "GET / http/1.1", "GET / HTTP/0.9",
        "GET / HTTP/1.2", "GET / HTTP/1.10", "GET / HTTP/11", "GET / HTTP/1,1", "GET / HTTP/2.0", "GET / HTTP/3.0",
        "GET / HTTPS/1.1", "GET / XTTP/1.1", "GET / HTTP/1.1\r"}) {
    all.push_back({line, std::string(line) + "\r\nHost: x\r\n\r\n", 400, "HTTP_VERSION_INVALID"});
  }
  all.push_back({"HTTP/2's preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, "HTTP_VERSION_INVALID"});
  all.push_back({"HTTP/0.9", "GET /\r\n\r\n", 400, "REQUEST_MALFORMED"});
  for (const auto& target : {"foo"s,
                             "*"s,
                             "x:443"s,
                             "http:"s,
                             "http://"s,
                             "http:///"s,
                             "http://user@x/"s,
                             "http://x:port/"s,
                             "ftp://x/"s,
                             "HTTP:/x"s,
                             "/a#b"s,
                             "/#"s,
                             "http://x/#f"s,
                             "#"s,
                             "http://x#f"s,
                             "?a"s,
                             "\\a"s,
                             "/\x80"s,
                             "/\xc3\xbc"s,
                             "/a?\xff"s,
                             "http://\xc3\xbc/"s}) {
    all.push_back({target, "GET " + target + " HTTP/1.1\r\nHost: x\r\n\r\n", 400, "TARGET_INVALID"});
  }
  const auto with_target = [](std::size_t size) {
    return "GET /" + std::string(size - 1, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n";
  };
  all.push_back({"a target of 8 KiB and a byte", with_target(8193), 414, "TARGET_TOO_LONG"});
  all.push_back({"a target of 64 KiB", with_target(65536), 414, "TARGET_TOO_LONG"});
  return all;
}

inline std::vector<Refused> refused_hosts() {
  std::vector<Refused> all;
  all.push_back({"no Host", "GET / HTTP/1.1\r\nName: v\r\n\r\n", 400, "HOST_MISSING"});
  all.push_back({"no Host, absolute-form", "GET http://x/ HTTP/1.1\r\n\r\n", 400, "HOST_MISSING"});
  all.push_back({"two Hosts", get_with("Host: x\r\n"), 400, "FRAMING_AMBIGUOUS"});
  all.push_back({"two Hosts that differ", get_with("Host: y\r\n"), 400, "FRAMING_AMBIGUOUS"});
  all.push_back({"two Hosts in HTTP/1.0", "GET / HTTP/1.0\r\nHost: x\r\nHost: y\r\n\r\n", 400, "FRAMING_AMBIGUOUS"});
  for (const char* host :
       {"",     " ",    "a b",     "user@x",   "x/",   "/x",   "x?",   "x#",     "http://x", ":80",
        "x:y",  "x:-1", "x:80:80", "x:123456", "[::1", "::1]", "[]",   "[::1]x", "[::1]:y",  "[g::1]",
        "x\\y", "x\"",  "<x>",     "\xc3\xbc", "a%",   "a%2",  "a%zz", "a^b",    "a|b",      "{a}"}) {
    all.push_back({"Host: " + std::string(host), "GET / HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n", 400,
                   "HOST_INVALID"});
  }
  all.push_back(
      {"a Host of 263 bytes", "GET / HTTP/1.1\r\nHost: " + std::string(263, 'a') + "\r\n\r\n", 400, "HOST_INVALID"});
  return all;
}

inline std::vector<Refused> refused_chunks() {
  using namespace std::string_literals;
  std::vector<Refused> all;
  for (const auto& body : {"g\r\nhello\r\n0\r\n\r\n"s,
                           "\r\nhello\r\n0\r\n\r\n"s,
                           "-5\r\nhello\r\n0\r\n\r\n"s,
                           "+5\r\nhello\r\n0\r\n\r\n"s,
                           "0x5\r\nhello\r\n0\r\n\r\n"s,
                           " 5\r\nhello\r\n0\r\n\r\n"s,
                           "5 \r\nhello\r\n0\r\n\r\n"s,
                           "5\nhello\r\n0\r\n\r\n"s,
                           "5\rhello\r\n0\r\n\r\n"s,
                           "5\r\nhello0\r\n\r\n"s,
                           "5\r\nhello\n0\r\n\r\n"s,
                           "5\r\nhello\r0\r\n\r\n"s,
                           "5\r\nhelloX\r\n0\r\n\r\n"s,
                           "5\r\nhello\r\n\r\n0\r\n\r\n"s,
                           "5_\r\nhello\r\n0\r\n\r\n"s,
                           "5.0\r\nhello\r\n0\r\n\r\n"s,
                           "5,5\r\nhello\r\n0\r\n\r\n"s,
                           "5\0\r\nhello\r\n0\r\n\r\n"s,
                           "10000000000000000\r\nhello\r\n0\r\n\r\n"s,
                           "fffffffffffffffff\r\nhello\r\n0\r\n\r\n"s,
                           "5;\r\nhello\r\n0\r\n\r\n"s,
                           "5;=b\r\nhello\r\n0\r\n\r\n"s,
                           "5;a=\r\nhello\r\n0\r\n\r\n"s,
                           "5;a b\r\nhello\r\n0\r\n\r\n"s,
                           "5;a=\"b\r\nhello\"\r\n0\r\n\r\n"s,
                           "5;a=\"\nGET / HTTP/1.1\"\r\nhello\r\n0\r\n\r\n"s,
                           "5;a=\"\0\"\r\nhello\r\n0\r\n\r\n"s,
                           "5;a=\"\x7f\"\r\nhello\r\n0\r\n\r\n"s,
                           "5;\n\r\nhello\r\n0\r\n\r\n"s,
                           "0\r\nBad name: v\r\n\r\n"s,
                           "0\r\nName\r\n\r\n"s,
                           "0\r\nName: a\0\r\n\r\n"s,
                           "0\r\nName: a\nB: c\r\n\r\n"s,
                           "0\r\nContent-Length: 5\r\n\r\n"s,
                           "0\r\nTransfer-Encoding: chunked\r\n\r\n"s}) {
    all.push_back({body, chunked(body), 400, "CHUNK_INVALID"});
  }
  const std::string one = "1;e=" + std::string(2000, 'x') + "\r\na\r\n";
  for (const auto& body :
       {"5;a=" + std::string(9000, 'b') + "\r\nhello\r\n0\r\n\r\n", std::string(9000, '0') + "5\r\nhello\r\n0\r\n\r\n",
        "0\r\nName: " + std::string(9000, 'v') + "\r\n\r\n", "0\r\n" + repeat("N: v\r\n", 2000) + "\r\n",
        repeat(one, 5) + "0\r\n\r\n"}) {
    all.push_back({body.substr(0, 20) + "… without bounds", chunked(body), 400, "CHUNK_INVALID"});
  }
  for (const auto& body :
       {"1001\r\n"s, "ffffffffffffffff\r\nx"s, "1000\r\n" + std::string(4096, 'a') + "\r\n1\r\nb\r\n0\r\n\r\n"}) {
    all.push_back({body.substr(0, 20) + "… past the limit", chunked(body), 413, "BODY_TOO_LARGE"});
  }
  return all;
}

}  // namespace testing
