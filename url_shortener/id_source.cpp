#include "url_shortener/id_source.h"

#include <span>

#include "common/random.h"

namespace url_shortener {

std::string make_permutation_key() {
  std::string key(16, '\0');
  common::SecureRandom::fill(std::as_writable_bytes(std::span(key)));
  return key;
}

}  // namespace url_shortener
