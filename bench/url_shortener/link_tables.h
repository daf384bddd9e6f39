// Databases that have many links already, filled in bulk: indexes are taken off, the rows go in with one statement,
// and the indexes are made again from their own definitions. A million links take seconds, not minutes.
//
// Link number n of `count` was made before link n + 1; codes come in no order, as a permuted counter's do. Every tenth
// link has one of `tags` tags. Of a link's words two are in the search index, one that all have and one of its own: the
// index is as long as searches need, not as long as a server's.
//
// Besides there are, older than all of these, a tenth as many expired links of one URL, and one of it that is not.

#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "common/clock.h"

namespace bench::url_shortener_bench {

struct LinkTable {
  static constexpr std::uint64_t code_first = 1'000'000;  // codes are numbers of seven digits from here on
  static constexpr std::uint64_t tagged_each = 10;
  static constexpr std::uint64_t tags = 5;

  std::uint64_t count;  // a power of ten, at most 1,000,000

  std::string code(std::uint64_t number) const;
  std::string url(std::uint64_t number) const;
  static std::string much_used_url();
  std::uint64_t expired() const { return count / 10; }
  common::TimePoint created_at(std::uint64_t number) const;
  static std::string tag(std::uint64_t tag);
  static std::string common_word();
  static std::string own_word(std::uint64_t number);

  // How many links have a tag, and the number of the `rank`-th of them, the oldest first.
  std::uint64_t tagged() const { return count / (tagged_each * tags); }
  static std::uint64_t tagged_number(std::uint64_t tag, std::uint64_t rank) {
    return tagged_each * (tags * rank + tag);
  }

  // Into an empty schema, or folder, whose tables this makes. Throw std::exception.
  void fill_postgres(const std::string& url) const;
  void fill_sqlite(const std::filesystem::path& folder) const;
};

}  // namespace bench::url_shortener_bench
