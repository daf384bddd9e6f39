// Whatever the bytes, check_url() does not crash, and what it accepts is what its header promises.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "url_shortener/url_check.h"

namespace {

using namespace url_shortener;

void require(bool promise) {
  if (!promise) std::abort();
}

void check(std::string_view typed) {
  static const std::vector<std::string> own{normalise_authority("sho.rt"), normalise_authority("127.0.0.1:8081")};
  const auto checked = check_url(typed, own);
  if (!checked) {
    require(!checked.error().sentence.empty());
    return;
  }
  require(checked->size() <= url_bytes_max);
  require(checked->starts_with("http://") || checked->starts_with("https://"));
  for (const char c : *checked)
    require(c > 0x20 && c < 0x7F);
  const auto again = check_url(*checked, own);
  require(again.has_value() && *again == *checked);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  check(input);
  check("http://" + std::string(input));  // most random bytes fail at the scheme: help them past it
  const std::string authority = normalise_authority(input);
  require(normalise_authority(authority) == authority);
  return 0;
}
