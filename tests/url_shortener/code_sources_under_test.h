// What codes are made from, for the tests of generators: on each kind of store two processes' worth, which share
// their data, and a switch that makes everything unavailable. The clock stands still until it is told.

#pragma once

#include <atomic>

#include "common/random.h"
#include "tests/url_shortener/stores_under_test.h"
#include "url_shortener/make_code_generator.h"

namespace url_shortener {

// Three sources that fail while `broken`, and count what they were asked. A lease of a machine number is made and its
// answer lost while `loses_answers`.
class BreakableSources final : public IdSource, public MachineIds, public KeyPool {
 public:
  BreakableSources(IdSource& ids, MachineIds& machine_ids, KeyPool& key_pool)
      : ids_(ids), machine_ids_(machine_ids), key_pool_(key_pool) {}

  common::Task<common::Result<IdBlock>> lease(std::uint64_t count) override;
  common::Task<common::Result<std::string>> permutation_key() override;
  common::Task<common::Result<std::optional<MachineLease>>> lease(std::string owner, Millisecond now,
                                                                  std::chrono::milliseconds length) override;
  common::Task<common::Result<std::vector<std::string>>> claim(std::size_t count) override;
  common::Task<common::Result<std::size_t>> add(std::vector<std::string> keys) override;
  common::Task<common::Result<std::vector<std::string>>> add_claimed(std::vector<std::string> keys) override;
  common::Task<common::Result<std::size_t>> size() override;

  std::atomic<bool> broken = false;
  std::atomic<bool> loses_answers = false;
  std::atomic<int> asked = 0;

 private:
  bool refused();

  IdSource& ids_;
  MachineIds& machine_ids_;
  KeyPool& key_pool_;
};

class CodeSourcesUnderTest {
 public:
  explicit CodeSourcesUnderTest(const std::string& kind);
  ~CodeSourcesUnderTest();

  // A generator of the first process, and one of the second. It lives as long as this.
  CodeGenerator& generator_of_one(std::string_view name, unsigned length = 0) { return keep(name, length, one()); }
  CodeGenerator& generator_of_two(std::string_view name, unsigned length = 0) { return keep(name, length, two()); }

  // What they are made from.
  CodeSources one() { return {one_, one_, one_, random, clock}; }
  CodeSources two() { return {two_, two_, two_, random, clock}; }

  BreakableSources& first() { return one_; }
  BreakableSources& second() { return two_; }

  common::ManualClock clock;
  common::SecureRandom random;

 private:
  CodeGenerator& keep(std::string_view name, unsigned length, CodeSources sources);

  IdSources ids_;
  MachineIdStores machine_ids_;
  KeyPools key_pools_;
  BreakableSources one_;
  BreakableSources two_;
  std::vector<std::unique_ptr<CodeGenerator>> generators_;
};

}  // namespace url_shortener
