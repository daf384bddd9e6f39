// Readers, a writer, a database and a cache, simulated step by step: the real coroutines of CacheAside, the write
// policies and the replay, over a store and a cache in which every operation waits for its actor's turn.
//
//   Simulation world("delete_after_commit", {});
//   world.play(order);                    // whose turn it is, step by step (schedules.h)
//   if (world.stale()) print(world.lanes());
//
// One step is one message that a real server sends to Redis or to the database, with all that happens before the next;
// the last step of each actor is its return. Nothing ever expires, and the clock stands still.
//
// A crash takes an actor away before its n-th step. A lost message is a step of the cache that does nothing and answers
// "away". Invalidation rows that are left are then replayed by a fourth actor, in the writer's remaining turns: so it
// too races the readers.
//
// Under single_flight a reader may wait for what the other one loads; it takes no steps meanwhile, and turns that it
// was given pass. What is left to do after the last turn is then done in the order of the actors.

#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cache_aside/cache_aside.h"
#include "cache_aside/make_stampede.h"
#include "cache_aside/make_write_policy.h"
#include "common/clock.h"
#include "common/metrics.h"
#include "common/runtime/park.h"
#include "tests/cache_aside/schedules.h"

namespace testing {

struct Fault {
  int crashes_before = -1;  // the writer's step, counted from 0; -1: none
  int loses = -1;           // the writer's cache message that is lost, counted from 0; -1: none
  bool replays = false;     // what is left in the invalidation log
};

class Simulation {
 public:
  static constexpr int reader_a = 0;
  static constexpr int reader_b = 1;
  static constexpr int writer = 2;

  struct Step {
    int actor;
    std::string what;
  };

  struct Setup {
    std::string policy;
    std::string stampede = "none";
    bool local = false;  // the real CacheLocal instead of the model, slot.h
    bool warm = false;   // the cache has the row already, as it is at first
  };

  explicit Simulation(Setup setup);
  ~Simulation();

  // Everything from the beginning, in this order.
  void play(std::span<const int> order, const Fault& fault = {});

  // Steps that a reader, or the writer, takes when nobody else does anything. What a replay takes counts as the
  // writer's.
  int reader_steps();
  int writer_steps(const Fault& fault = {});

  // Nobody waits for another turn.
  bool all_have_returned() const;
  // The cache has a value that is not the database's, and nobody is left who would change it.
  bool stale() const;
  // A reader that began after the writer had returned has returned what was before.
  bool answered_old() const;
  const std::vector<Step>& trace() const;
  // The trace as three lanes side by side.
  std::string lanes() const;

 private:
  struct World;
  const Setup setup_;
  common::asio::io_context context_{1};
  std::unique_ptr<World> world_;  // goes first: its coroutines wait on context_
};

}  // namespace testing
