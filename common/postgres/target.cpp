#include "common/postgres/target.h"

#include <memory>
#include <stdexcept>

#include "common/postgres/libpq.h"

namespace common::postgres {
namespace {

struct FreeOptions {
  void operator()(PQconninfoOption* options) const noexcept { PQconninfoFree(options); }
};
struct FreeMessage {
  void operator()(char* message) const noexcept { PQfreemem(message); }
};

std::string value_of(const PQconninfoOption* options, std::string_view keyword) {
  for (; options->keyword != nullptr; ++options) {
    if (options->keyword == keyword && options->val != nullptr) return options->val;
  }
  return {};
}

}  // namespace

Target::Target(std::string url) : url_(std::move(url)) {
  if (!url_.starts_with("postgres://") && !url_.starts_with("postgresql://")) {
    throw std::runtime_error("not a PostgreSQL URL: postgres://user:password@host:port/database");
  }
  char* complaint = nullptr;
  const std::unique_ptr<PQconninfoOption, FreeOptions> options(PQconninfoParse(url_.c_str(), &complaint));
  const std::unique_ptr<char, FreeMessage> not_shown(complaint);
  if (!options) throw std::runtime_error("libpq cannot read the PostgreSQL URL (not shown: it may hold a password)");

  const std::string host = value_of(options.get(), "host");
  const std::string port = value_of(options.get(), "port");
  const std::string database = value_of(options.get(), "dbname");
  if (host.find('@') != std::string::npos || database.find('@') != std::string::npos ||
      port.find_first_not_of("0123456789,") != std::string::npos) {
    throw std::runtime_error("the PostgreSQL URL has an @, / or : in its password: write %40, %2F, %3A");
  }
  address_ = (host.empty() ? "localhost" : host) + ":" + (port.empty() ? "5432" : port) + "/" + database;
  password_ = value_of(options.get(), "password");
}

std::string Target::printable(std::string_view message) const {
  std::string text;
  for (const char c : message) {
    const bool space = c == ' ' || c == '\n' || c == '\t';
    if (!space) text += c;
    if (space && !text.empty() && text.back() != ' ') text += ' ';
  }
  if (text.ends_with(' ')) text.pop_back();
  if (password_.empty()) return text;
  for (auto at = text.find(password_); at != std::string::npos; at = text.find(password_, at + 3))
    text.replace(at, password_.size(), "***");
  return text;
}

}  // namespace common::postgres
