// A memory store that a test can meddle with: override what is to behave otherwise.

#pragma once

#include "url_shortener/link_store_memory.h"

namespace url_shortener {

class LinkStoreOverMemory : public LinkStore {
 public:
  common::Task<common::Result<InsertOutcome>> insert(Insert insert) override {
    return memory.insert(std::move(insert));
  }
  common::Task<common::Result<std::optional<IdempotentAnswer>>> find_answer(std::string scope, std::string key,
                                                                            common::TimePoint now) override {
    return memory.find_answer(std::move(scope), std::move(key), now);
  }
  common::Task<common::Result<std::optional<Link>>> find(std::string code) override {
    return memory.find(std::move(code));
  }
  common::Task<common::Result<Click>> take_click(std::string code, common::TimePoint now) override {
    return memory.take_click(std::move(code), now);
  }
  common::Task<common::Result<EditOutcome>> edit(std::string code, Edit edit,
                                                 std::optional<std::uint64_t> version) override {
    return memory.edit(std::move(code), std::move(edit), version);
  }
  common::Task<common::Result<EditOutcome>> remove(std::string code, std::optional<std::uint64_t> version) override {
    return memory.remove(std::move(code), version);
  }
  common::Task<common::Result<std::vector<Link>>> list(ListQuery query) override {
    return memory.list(std::move(query));
  }

 protected:
  LinkStoreMemory memory;
};

}  // namespace url_shortener
