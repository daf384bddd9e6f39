// Cross-origin requests from one origin that the operator names (Fetch standard, CORS protocol); from no other.
//
// Answers preflights itself. Never the wildcard: with it any page could use a visitor's access.

#pragma once

#include <string>

#include "common/http/application.h"

namespace common::http {

class Cors final : public Middleware {
 public:
  // `origin` such as "https://app.example.com".
  explicit Cors(std::string origin) : origin_(std::move(origin)) {}
  Verdict before(Request& request, const Route& route) override;
  void after(Request& request, Response& response) override;

 private:
  std::string origin_;
};

}  // namespace common::http
