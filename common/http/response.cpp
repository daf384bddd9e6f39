#include "common/http/response.h"

#include "common/json.h"
#include "common/text.h"

namespace common::http {

Response& Response::header(std::string_view name, std::string_view value) & {
  lines().append(name).append(": ");
  for (const char c : value) {
    const bool control = (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F;
    if (!control) headers_.push_back(c);
  }
  headers_.append("\r\n");
  return *this;
}

bool Response::has_header(std::string_view name) const noexcept {
  std::string_view rest = headers_;
  while (!rest.empty()) {
    const auto end = rest.find("\r\n");
    const auto line = rest.substr(0, end);
    if (line.size() > name.size() && line[name.size()] == ':' && iequals(line.substr(0, name.size()), name)) {
      return true;
    }
    rest.remove_prefix(end + 2);
  }
  return false;
}

Response json(int status, std::string body) {
  Response response(status);
  response.raw_headers("Content-Type: application/json\r\n");
  response.body = std::move(body);
  response.body += '\n';  // for whoever reads it in a terminal
  return response;
}

Response text(int status, std::string body) {
  Response response(status);
  response.raw_headers("Content-Type: text/plain; charset=utf-8\r\n");
  response.body = std::move(body);
  return response;
}

Response error(int status, std::string_view code, std::string_view message, const std::vector<Problem>& details) {
  std::string body =
      R"({"error":{"code":)" + json_quote(code) + R"(,"message":)" + json_quote(message) + R"(,"details":[)";
  for (std::size_t i = 0; i < details.size(); ++i) {
    if (i > 0) body += ',';
    body += R"({"field":)" + json_quote(details[i].field) + R"(,"problem":)" + json_quote(details[i].problem) + '}';
  }
  body += "]}}";
  Response response = json(status, std::move(body));
  response.error_code = code;
  return response;
}

namespace {

Response answer_to(Failure failure) {
  switch (failure) {
    case Failure::unavailable:
    case Failure::timed_out:
    case Failure::overloaded:
      return error(503, "UNAVAILABLE", "a dependency is away or busy; nothing was done, try again")
          .header("Retry-After", "1");
    case Failure::closed:
    case Failure::unknown_outcome:
      return error(503, "OUTCOME_UNKNOWN",
                   "no answer came in time; it may have been done, repeat with the same Idempotency-Key")
          .header("Retry-After", "1");
    case Failure::invalid:
      return error(422, "INVALID", "the request was refused");
    case Failure::internal:
      break;
  }
  return error(500, "INTERNAL", "something went wrong here; the request id names it in the log");
}

}  // namespace

Response failed(const Error& failure) {
  Response answer = answer_to(failure.kind);
  answer.reason = std::make_shared<const std::string>(std::string(to_string(failure.kind)) + ": " + failure.message);
  return answer;
}

std::string_view reason_phrase(int status) noexcept {
  switch (status) {
    case 100:
      return "Continue";
    case 101:
      return "Switching Protocols";
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 207:
      return "Multi-Status";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 411:
      return "Length Required";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 421:
      return "Misdirected Request";
    case 422:
      return "Unprocessable Content";
    case 426:
      return "Upgrade Required";
    case 428:
      return "Precondition Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "Unknown";
  }
}

}  // namespace common::http
