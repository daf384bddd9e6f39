// Processes of every role are killed at random while a broadcast is under way: the small size here, the full one in
// tests/notifier_long.

#include "tests/notifier_crash/random_kills.h"

using namespace testing;

TEST_CASE("api, planner and workers killed at random during a broadcast: each user exactly once") {
  random_kills({.users = 3'000, .kills = 8, .seed = 11});
}

TEST_CASE("the same at a provider that cannot tell: no more repeated than the ledger calls doubtful") {
  random_kills({.users = 1'500, .kills = 6, .seed = 12, .dedupe = false});
}
