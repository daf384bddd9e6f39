// What --store chooses: where links, clicks, and what codes are made from live, together.

#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "common/runtime/runtime.h"
#include "url_shortener/click_store.h"
#include "url_shortener/config.h"
#include "url_shortener/id_source.h"
#include "url_shortener/key_pool.h"
#include "url_shortener/link_store.h"
#include "url_shortener/machine_ids.h"
#include "url_shortener/make_code_generator.h"

namespace url_shortener {

struct Stores {
  std::shared_ptr<void> shared;  // what those below share, such as the database
  std::unique_ptr<LinkStore> links;
  std::unique_ptr<ClickStore> clicks;
  std::unique_ptr<IdSource> ids;
  std::unique_ptr<MachineIds> machine_ids;
  std::unique_ptr<KeyPool> key_pool;
  // What codes are made from.
  CodeSources code_sources(common::Random& random, const common::Clock& clock) const {
    return {*ids, *machine_ids, *key_pool, random, clock};
  }

  std::function<std::optional<std::string>()> trouble;  // for /readyz: why nothing can be written now; may be empty
};

// Opens what config.store names; registers its closing with `runtime`.
// Throws std::runtime_error when it cannot be opened.
Stores open_stores(const Config& config, common::Runtime& runtime);

}  // namespace url_shortener
