#include "url_shortener/id_source_memory.h"

namespace url_shortener {

IdSourceMemory::IdSourceMemory() : key_(make_permutation_key()) {}

common::Task<common::Result<IdBlock>> IdSourceMemory::lease(std::uint64_t count) {
  co_return IdBlock{next_.fetch_add(count), count};
}

common::Task<common::Result<std::string>> IdSourceMemory::permutation_key() {
  co_return key_;
}

}  // namespace url_shortener
