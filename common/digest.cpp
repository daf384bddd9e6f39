#include "common/digest.h"

#include <openssl/evp.h>

namespace common {
namespace {

std::string digest(std::string_view bytes, const EVP_MD* algorithm) {
  unsigned char value[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_Digest(bytes.data(), bytes.size(), value, &size, algorithm, nullptr);
  return {reinterpret_cast<const char*>(value), size};
}

}  // namespace

std::string sha256(std::string_view bytes) {
  return digest(bytes, EVP_sha256());
}

std::string sha1(std::string_view bytes) {
  return digest(bytes, EVP_sha1());
}

}  // namespace common
