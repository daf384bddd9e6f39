#include "tests/support/api_client.h"

#include <stdexcept>

namespace testing {

RawResponse ApiClient::request(std::string_view method, std::string_view path, std::string_view headers,
                               std::optional<std::string_view> body) {
  std::string message(method);
  message.append(" ").append(path).append(" HTTP/1.1\r\nHost: test\r\n").append(headers);
  if (body) message += "Content-Length: " + std::to_string(body->size()) + "\r\n";
  message += "\r\n";
  if (body) message += *body;
  if (!connection_) connection_.emplace(port_);
  connection_->send(message);
  RawResponse response = connection_->response(method == "HEAD");
  if (response.header("Connection") == "close") connection_.reset();
  return response;
}

RawResponse ApiClient::get(std::string_view path, std::string_view headers) {
  return request("GET", path, headers);
}

RawResponse ApiClient::head(std::string_view path, std::string_view headers) {
  return request("HEAD", path, headers);
}

RawResponse ApiClient::remove(std::string_view path, std::string_view headers) {
  return request("DELETE", path, headers);
}

RawResponse ApiClient::post(std::string_view path, std::string_view json, std::string_view headers) {
  return request("POST", path, "Content-Type: application/json\r\n" + std::string(headers), json);
}

RawResponse ApiClient::patch(std::string_view path, std::string_view json, std::string_view headers) {
  return request("PATCH", path, "Content-Type: application/json\r\n" + std::string(headers), json);
}

std::string ApiClient::shorten(std::string_view members) {
  const auto created = post("/shorten", members);
  if (created.status != 201) {
    throw std::runtime_error("not created: " + created.head + created.body);
  }
  return text_at(created, "/shortCode");
}

std::string ApiClient::shorten_url(std::string_view url) {
  return shorten("{\"longUrl\":" + common::json_quote(url) + "}");
}

common::json::value json_of(const RawResponse& response) {
  return common::parse_json(response.body).value();
}

std::string text_at(const common::json::value& value, std::string_view pointer) {
  boost::system::error_code missing;
  const auto* const found = value.find_pointer({pointer.data(), pointer.size()}, missing);
  if (found == nullptr) return {};
  if (found->is_string()) return std::string(found->as_string().c_str(), found->as_string().size());
  return common::json::serialize(*found);
}

std::string text_at(const RawResponse& response, std::string_view pointer) {
  return text_at(json_of(response), pointer);
}

}  // namespace testing
