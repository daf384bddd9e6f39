#include "url_shortener/code_generator_counter.h"

#include "url_shortener/base62.h"
#include "url_shortener/reserved.h"

namespace url_shortener {

common::Task<common::Result<std::string>> CodeGeneratorCounter::next(std::string_view, CodeAttempt) {
  for (;;) {
    const auto block = co_await ids_.lease(1);  // the store commits the leases of many at once
    if (!block) co_return block.error();
    auto code = base62::encode(block->first, code_length_);
    if (!is_reserved(code)) co_return code;
  }
}

}  // namespace url_shortener
