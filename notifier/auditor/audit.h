// Counts what reached whom: from the accepted requests and the witnesses' logs, and nothing else.
//
// The notifier's own database is not looked at: a ledger that says "delivered" is what is to be proved. Two inputs:
//
//   accepted   a JSON line for each request that was answered 202:
//              {"notification":ID,"user":U,"channels":[…]}                                      one user
//              {"broadcast":ID,"channels":[…],"users":[…]}                                      named users
//              {"broadcast":ID,"channels":[…],"prefix":"u","first":1,"count":N,"digits":8}      u00000001, …
//   witnesses  what providers took (witness_log.h), any number of files
//
// and for each channel: how many of the expected deliveries were taken exactly once, never, twice or more; and how many
// were taken that nobody asked for. An item of a digest counts as taken once for each digest that holds it.
//
// Deliveries are told apart by 64 bits of a hash. Memory: 9 bytes a delivery. One thread.

#pragma once

#include <array>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include "notifier/notification.h"

namespace notifier {

struct AuditCounts {
  std::uint64_t exactly_one = 0;
  std::uint64_t none = 0;
  std::uint64_t two_or_more = 0;
  std::uint64_t surplus = 0;     // takings beyond the first, of all expected deliveries
  std::uint64_t unexpected = 0;  // takings of what nobody asked for

  bool operator==(const AuditCounts&) const = default;
};

class Audit {
 public:
  // Throws std::runtime_error for a line that is no such object. Call for all requests before the witnesses.
  void accepted(std::string_view line);
  // The last line of a log may be cut short: a crash. It does not count.
  void witnessed(std::string_view line);

  AuditCounts counts(Channel channel) const;
  // One line for each channel that was asked for.
  std::string report() const;

 private:
  struct Expected {
    std::vector<std::uint64_t> keys;  // sorted once the first witness speaks
    std::vector<std::uint8_t> taken;  // as often, up to 255
    std::uint64_t unexpected = 0;
  };
  void expect(NotificationId notification, std::string_view user, Channels channels);
  void take(NotificationId notification, std::string_view user, Channel channel);
  void sort();

  std::array<Expected, all_channels.size()> channels_;
  bool sorted_ = false;
};

}  // namespace notifier
