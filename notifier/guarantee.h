// When the ledger is written, seen from the provider: three orders of the same two steps, and what each is worth.
//
//   exactly_once   attempting is committed, then sent, then the outcome is committed. A crash between leaves rows whose
//                  outcome nobody knows, and says which: one ledger row and one final state each, exactly
//   at_least_once  sent, then committed. A crash between sends again, and nobody knows that. What the provider
//                  defers is tried again where it stands, and what is behind it waits
//   at_most_once   committed, then sent. A crash between loses, and so does a provider that fails; nobody knows that
//
// The latter two are what most pipelines do. They are here to be measured against the first, and are chosen by
// --guarantee.

#pragma once

#include <cstdint>

namespace notifier {

enum class Guarantee : std::uint8_t { exactly_once, at_least_once, at_most_once };

}  // namespace notifier
