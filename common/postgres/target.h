// Where a PostgreSQL URL leads, and what of it may be shown.
//
// libpq gets the URL as it is. Logs get address(), host:port/database, and libpq's own messages only with the password
// taken out. libpq quotes a URL that it cannot read, so then nothing of what it says is repeated; and a password with
// a bare @, / or : in it, which libpq would take for the host or the port and put into its messages, is refused here.
//
// A host name is looked up by libpq, which blocks the thread meanwhile: at start and at each attempt to connect. An
// address, or a name in /etc/hosts, costs nothing.

#pragma once

#include <string>
#include <string_view>

namespace common::postgres {

class Target {
 public:
  // postgres://user:password@host:port/database?option=value. Throws std::runtime_error for anything else.
  explicit Target(std::string url);

  const std::string& url() const noexcept { return url_; }
  const std::string& address() const noexcept { return address_; }

  // `message`, of libpq, in one line and without the password.
  std::string printable(std::string_view message) const;

 private:
  std::string url_;
  std::string address_;
  std::string password_;
};

}  // namespace common::postgres
