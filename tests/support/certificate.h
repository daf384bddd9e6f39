// A certificate of one's own for 127.0.0.1 and localhost, made on the spot: it signs itself, so it is its own
// authority too. And keys to sign tokens with.

#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace testing {

struct CertificateFiles {
  std::string certificate;  // PEM file; also what to trust
  std::string key;          // PEM file
};

// Writes both files into `folder`, whose names begin with `name`. Valid for a day. `host` is the only name it
// vouches for: an IPv4 address, or a DNS name.
CertificateFiles make_certificate(const std::filesystem::path& folder, const std::string& name = "own",
                                  const std::string& host = "127.0.0.1");

// A JWT with this payload (JSON), signed with HS256.
std::string make_token(std::string_view payload, std::string_view secret);
// The same with another header, such as {"alg":"none"}, and the same signature over it.
std::string make_token(std::string_view header, std::string_view payload, std::string_view secret);

}  // namespace testing
