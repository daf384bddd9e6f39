#include "url_shortener/code_generator_counter_block.h"

#include "url_shortener/base62.h"
#include "url_shortener/reserved.h"

namespace url_shortener {

common::Task<common::Result<std::string>> CodeGeneratorCounterBlock::next(std::string_view, CodeAttempt) {
  for (;;) {
    const auto id = co_await ids_.next();
    if (!id) co_return id.error();
    auto code = base62::encode(*id, code_length_);
    if (!is_reserved(code)) co_return code;
  }
}

}  // namespace url_shortener
