// Many clients creating links at once, each on a connection of its own, as fast as the server answers.

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace testing {

struct Creation {
  std::string code;
  std::string url;
};

struct Storm {
  std::vector<Creation> created;      // what was answered 201
  std::map<int, std::size_t> others;  // other statuses, and how often
  std::size_t broken = 0;             // requests that got no whole answer
};

// `clients` threads, `each` requests of each. Clients take the ports in turn. A client ends early when its connection
// breaks. URLs are "https://example.com/NAME-CLIENT-NUMBER".
Storm create_many(const std::vector<std::uint16_t>& ports, int clients, int each, const std::string& name);

// How many distinct codes there are.
std::size_t distinct_codes(const std::vector<Creation>& created);

}  // namespace testing
