#include "tests/url_shortener/code_sources_under_test.h"

namespace url_shortener {
namespace {

common::Error away() {
  return {common::Failure::unavailable, "away"};
}

}  // namespace

bool BreakableSources::refused() {
  ++asked;
  return broken;
}

common::Task<common::Result<IdBlock>> BreakableSources::lease(std::uint64_t count) {
  if (refused()) co_return away();
  co_return co_await ids_.lease(count);
}

common::Task<common::Result<std::string>> BreakableSources::permutation_key() {
  if (refused()) co_return away();
  co_return co_await ids_.permutation_key();
}

common::Task<common::Result<std::optional<MachineLease>>> BreakableSources::lease(std::string owner, Millisecond now,
                                                                                  std::chrono::milliseconds length) {
  if (refused()) co_return away();
  auto leased = co_await machine_ids_.lease(std::move(owner), now, length);
  if (loses_answers) co_return common::Error{common::Failure::unknown_outcome, "the answer was lost"};
  co_return leased;
}

common::Task<common::Result<std::vector<std::string>>> BreakableSources::claim(std::size_t count) {
  if (refused()) co_return away();
  co_return co_await key_pool_.claim(count);
}

common::Task<common::Result<std::size_t>> BreakableSources::add(std::vector<std::string> keys) {
  if (refused()) co_return away();
  co_return co_await key_pool_.add(std::move(keys));
}

common::Task<common::Result<std::vector<std::string>>> BreakableSources::add_claimed(std::vector<std::string> keys) {
  if (refused()) co_return away();
  co_return co_await key_pool_.add_claimed(std::move(keys));
}

common::Task<common::Result<std::size_t>> BreakableSources::size() {
  if (refused()) co_return away();
  co_return co_await key_pool_.size();
}

CodeSourcesUnderTest::CodeSourcesUnderTest(const std::string& kind)
    : ids_(kind),
      machine_ids_(kind),
      key_pools_(kind),
      one_(ids_.one(), machine_ids_.one(), key_pools_.one()),
      two_(ids_.two(), machine_ids_.two(), key_pools_.two()) {}

CodeSourcesUnderTest::~CodeSourcesUnderTest() {
  key_pools_.stop();  // generators fetch in the background
}

CodeGenerator& CodeSourcesUnderTest::keep(std::string_view name, unsigned length, CodeSources sources) {
  return *generators_.emplace_back(make_code_generator(name, length, sources));
}

}  // namespace url_shortener
