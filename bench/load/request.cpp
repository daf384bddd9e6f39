#include "bench/load/request.h"

#include <algorithm>

#include "common/text.h"

namespace bench::load {
namespace {

constexpr std::string_view placeholder = "{n}";
constexpr std::string_view digits = "0000000000";

void append_with_numbers(std::string& to, std::string_view text, std::vector<std::size_t>& numbers) {
  for (auto at = text.find(placeholder); at != std::string_view::npos; at = text.find(placeholder)) {
    to.append(text.substr(0, at));
    numbers.push_back(to.size());
    to.append(digits);
    text.remove_prefix(at + placeholder.size());
  }
  to.append(text);
}

}  // namespace

Request::Request(const RequestOptions& options, const Endpoint& endpoint) : head_(options.method == "HEAD") {
  bytes_ = options.method + " ";
  append_with_numbers(bytes_, options.target, numbers_);
  bytes_ += " HTTP/1.1\r\n";
  const auto given = [&](std::string_view name) {
    return std::any_of(options.headers.begin(), options.headers.end(),
                       [&](const auto& header) { return common::iequals(header.first, name); });
  };
  if (!given("Host")) bytes_ += "Host: " + endpoint.authority() + "\r\n";
  for (const auto& [name, value] : options.headers)
    bytes_ += name + ": " + value + "\r\n";

  std::string body;
  std::vector<std::size_t> in_body;
  append_with_numbers(body, options.body, in_body);
  if (!body.empty() || options.method == "POST" || options.method == "PUT") {
    bytes_ += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  }
  bytes_ += "\r\n";
  for (const std::size_t at : in_body)
    numbers_.push_back(bytes_.size() + at);
  bytes_ += body;
}

std::string_view Request::bytes(std::uint64_t n) {
  for (const std::size_t at : numbers_) {
    std::uint64_t rest = n;
    for (std::size_t i = digits.size(); i-- > 0; rest /= 10) {
      bytes_[at + i] = static_cast<char>('0' + rest % 10);
    }
  }
  return bytes_;
}

std::vector<std::pair<std::string, std::string>> browser_headers() {
  return {
      {"User-Agent",
       "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 "
       "Safari/537.36"},
      {"Accept",
       "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;"
       "q=0.8"},
      {"Accept-Language", "en-US,en;q=0.9,de;q=0.8"},
      {"Accept-Encoding", "gzip, deflate, br, zstd"},
      {"Referer", "https://news.example.org/item?id=42424242"},
      {"Connection", "keep-alive"},
      {"Upgrade-Insecure-Requests", "1"},
      {"Sec-Fetch-Dest", "document"},
      {"Sec-Fetch-Mode", "navigate"},
      {"Sec-Fetch-Site", "cross-site"},
  };
}

}  // namespace bench::load
