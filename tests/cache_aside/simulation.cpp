#include "tests/cache_aside/simulation.h"

#include <algorithm>
#include <array>

#include "cache_aside/cache_local.h"
#include "cache_aside/invalidation_replay.h"

namespace testing {

using namespace cache_aside;
using common::Parked;
using common::Result;
using common::Task;

namespace {

constexpr int actors = 3;
const std::string row_key = "row";

std::string v(std::uint64_t version) {
  return "v" + std::to_string(version);
}

common::ManualClock still_clock;

CacheMetrics& ignored_metrics() {
  static common::Metrics registry;
  static CacheMetrics metrics(registry);
  return metrics;
}

}  // namespace

// One key, one row, everybody's turns.
struct Simulation::World {
  World(common::Executor on, const Setup& setup, const Fault& what) : executor(on), fault(what), log(*this) {
    if (setup.local) local.emplace(still_clock, small());
    for (int actor = 0; actor < actors; ++actor)
      views.push_back(std::make_unique<View>(*this, actor));
    policy = make_write_policy(
        setup.policy,
        {*views[writer], log, [this](common::Duration, Task<> task) { afterwards.push_back(std::move(task)); },
         [](const std::string&, const Written& written) {
           Entry entry;
           entry.version = written.version;
           entry.value = written.value;
           entry.fresh_until = entry.kept_until = never;
           return entry;
         }});
    stampede = make_stampede(
        setup.stampede, {.cache = *views[writer], .guard = policy->guard(), .locks = nullptr, .clock = still_clock});
    for (int actor = 0; actor < 2; ++actor) {
      readers.push_back(std::make_unique<CacheAside>(*views[actor], *stampede, policy->guard(), still_clock,
                                                     ignored_metrics(), CacheAside::Options{}));
    }
    if (!setup.warm) return;
    Entry first;
    first.version = row.version;
    first.value = row.value;
    first.fresh_until = first.kept_until = never;
    if (local) local->put_now(row_key, first, Guard::none, "");
    slot = {Slot::Kind::value, std::move(first), {}, 0};
  }
  static CacheLocal::Options small() {
    CacheLocal::Options options;
    options.shards = 1;
    options.entries_max = 4;
    return options;
  }

  // What follows happens in the actor's next turn. A crashed writer has none: its log is replayed in its place.
  Task<> turn(int actor) {
    const bool crashes = actor == writer && !crashed && taken == fault.crashes_before;
    if (crashes) {
      crashed = true;
      if (fault.replays) common::spawn(executor, "replay", replay_all());
      co_await common::park(executor, [&](Parked self) { dead.push_back(std::move(self)); });
    }
    co_await common::park(executor,
                          [&](Parked self) { waiting[static_cast<std::size_t>(actor)].emplace(std::move(self)); });
    if (actor == writer) ++taken;
  }
  void note(int actor, std::string what) { trace.push_back({actor, std::move(what)}); }

  class View final : public Cache {
   public:
    View(World& world, int actor) : world_(world), actor_(actor) {}

    Task<Lookup> get(std::string, Guard guard) override {
      co_await world_.turn(actor_);
      const Lookup lookup = world_.local ? world_.local->look_up(row_key, guard) : look_up(guard);
      world_.note(actor_, "GET: " + (lookup.entry ? v(lookup.entry->version) : "miss" + held()));
      co_return lookup;
    }
    Task<bool> put(std::string, Entry entry, Guard guard, std::string ticket, std::string) override {
      co_await world_.turn(actor_);
      const std::string name = "SET " + v(entry.version);
      if (is_lost()) co_return lost(name);
      const bool kept = world_.local ? world_.local->put_now(row_key, std::move(entry), guard, ticket)
                                     : cache_aside::put(world_.slot, std::move(entry), guard, ticket);
      world_.note(actor_, name + (kept ? "" : ": refused"));
      co_return kept;
    }
    Task<bool> invalidate(std::string, Guard guard, std::uint64_t version) override {
      co_await world_.turn(actor_);
      const std::string name = guard == Guard::none ? "DEL" : guard == Guard::stamp ? "VOID" : "MARK " + v(version);
      if (is_lost()) co_return lost(name);
      if (world_.local) {
        world_.local->invalidate_now(row_key, guard, version);
      } else {
        cache_aside::invalidate(world_.slot, guard, version, std::to_string(++world_.stamps));
      }
      world_.note(actor_, name);
      co_return true;
    }

   private:
    Lookup look_up(Guard guard) {
      Slot& slot = world_.slot;
      if (guard == Guard::stamp) stamp_miss(slot, std::to_string(++world_.stamps));
      Lookup lookup;
      if (slot.kind == Slot::Kind::value) lookup.entry = slot.entry;
      lookup.ticket = ticket_of(slot);
      lookup.floor = slot.floor;
      return lookup;
    }
    std::string held() const {
      if (world_.local) return "";
      if (world_.slot.kind == Slot::Kind::stamp) return ", stamp " + world_.slot.stamp;
      if (world_.slot.kind == Slot::Kind::marker) return ", at least " + v(world_.slot.floor);
      return "";
    }
    bool is_lost() { return actor_ == writer && world_.messages++ == world_.fault.loses; }
    bool lost(const std::string& name) {
      world_.note(actor_, name + ": lost");
      return false;
    }
    World& world_;
    int actor_;
  };

  class Log final : public InvalidationLog {
   public:
    explicit Log(World& world) : world_(world) {}
    Task<Result<std::vector<Invalidation>>> pending(common::TimePoint, std::size_t) override { co_return rows; }
    Task<Result<void>> settle(std::vector<std::uint64_t>) override {
      co_await world_.turn(writer);
      rows.clear();
      world_.note(writer, "SETTLE");
      co_return Result<void>{};
    }
    Task<Result<std::vector<Invalidation>>> since(std::uint64_t, std::size_t) override { co_return rows; }
    Task<Result<void>> postpone(std::vector<std::uint64_t>, common::TimePoint) override { co_return Result<void>{}; }
    Task<Result<std::size_t>> forget(common::TimePoint, std::size_t) override { co_return std::size_t{0}; }
    std::vector<Invalidation> rows;

   private:
    World& world_;
  };

  class Change final : public Write {
   public:
    explicit Change(World& world) : world_(world) {}
    const std::string& key() const noexcept override { return row_key; }
    Task<Result<Written>> commit(bool noted) override {
      co_await world_.turn(writer);
      world_.row = {2, "v2"};
      if (noted) world_.log.rows.push_back({1, row_key, 2});
      world_.note(writer, "COMMIT v2");
      Written written{true, 2, "v2", noted ? 1u : 0u};
      co_return written;
    }
    Task<Result<Written>> enqueue() override {
      co_await world_.turn(writer);
      world_.queued = true;
      world_.note(writer, "QUEUE v2");
      Written written{true, 2, "v2", 0};
      co_return written;
    }

   private:
    World& world_;
  };

  Task<Result<std::optional<Row>>> select(int actor) {
    co_await turn(actor);
    note(actor, "SELECT: " + v(row.version));
    std::optional<Row> found(row);
    co_return found;
  }

  Task<> run_reader(int actor) {
    auto& reader = *readers[static_cast<std::size_t>(actor)];
    const auto read =
        co_await reader.read(row_key, common::Duration::max(), [this, actor](std::uint64_t) { return select(actor); });
    co_await turn(actor);
    note(actor, "return " + v(read->entry.version));
    const auto began = std::find_if(trace.begin(), trace.end(), [&](const Step& step) { return step.actor == actor; });
    const bool too_late = acknowledged_at && began - trace.begin() > *acknowledged_at;
    if (too_late && read->entry.version < 2) answered_old = true;
  }

  Task<> run_writer() {
    Change change(*this);
    (void)co_await policy->write(change);
    co_await turn(writer);
    acknowledged_at = static_cast<std::ptrdiff_t>(trace.size());
    note(writer, "return");
    for (Task<>& task : afterwards)
      co_await std::move(task);
    co_await work_off_queue();
    if (fault.replays) co_await replay_all();
  }
  Task<> work_off_queue() {
    if (!queued || row.version == 2) co_return;
    co_await turn(writer);
    row = {2, "v2"};
    note(writer, "COMMIT v2");
  }
  Task<> replay_all() {
    co_await work_off_queue();
    const CarryOut invalidate = [this](Invalidation left) {
      return views[writer]->invalidate(std::move(left.key), policy->guard(), left.version);
    };
    (void)co_await replay(log, never, 10, invalidate);
  }

  common::Executor executor;
  Fault fault;
  Slot slot;                        // the cache, or
  std::optional<CacheLocal> local;  // this
  Row row{1, "v1"};
  bool queued = false;
  Log log;
  std::vector<std::unique_ptr<View>> views;
  std::unique_ptr<Stampede> stampede;
  std::unique_ptr<WritePolicy> policy;
  std::vector<std::unique_ptr<CacheAside>> readers;
  std::vector<Task<>> afterwards;
  std::vector<Step> trace;
  int stamps = 0;
  int taken = 0;     // turns of the writer
  int messages = 0;  // of the writer to the cache
  bool crashed = false;
  bool answered_old = false;
  std::optional<std::ptrdiff_t> acknowledged_at;
  std::array<std::optional<Parked>, actors> waiting;  // coroutines: they go before what they use
  std::vector<Parked> dead;
};

Simulation::Simulation(Setup setup) : setup_(std::move(setup)) {}
Simulation::~Simulation() = default;

void Simulation::play(std::span<const int> order, const Fault& fault) {
  world_.reset();
  context_.restart();
  world_ = std::make_unique<World>(context_.get_executor(), setup_, fault);
  common::spawn(context_.get_executor(), "reader a", world_->run_reader(reader_a));
  common::spawn(context_.get_executor(), "reader b", world_->run_reader(reader_b));
  common::spawn(context_.get_executor(), "writer", world_->run_writer());
  context_.poll();
  const auto take_turn = [&](int actor) {
    auto& waiting = world_->waiting[static_cast<std::size_t>(actor)];
    if (!waiting) return false;
    Parked next = std::move(*waiting);
    waiting.reset();
    std::move(next).resume_here();
    context_.poll();
    return true;
  };
  for (const int actor : order)
    take_turn(actor);
  if (setup_.stampede == "none") return;
  while (take_turn(reader_a) || take_turn(reader_b) || take_turn(writer)) {
  }
}

bool Simulation::all_have_returned() const {
  return std::none_of(world_->waiting.begin(), world_->waiting.end(),
                      [](const auto& each) { return each.has_value(); });
}

int Simulation::reader_steps() {
  Simulation cold({setup_.policy, setup_.stampede, setup_.local});
  cold.play(std::vector<int>(20, reader_a));
  return static_cast<int>(
      std::count_if(cold.trace().begin(), cold.trace().end(), [](const Step& step) { return step.actor == reader_a; }));
}

int Simulation::writer_steps(const Fault& fault) {
  std::vector<int> order(20, reader_a);
  order.insert(order.end(), 20, reader_b);
  order.insert(order.end(), 20, writer);
  play(order, fault);
  return static_cast<int>(
      std::count_if(trace().begin(), trace().end(), [](const Step& step) { return step.actor == writer; }));
}

bool Simulation::stale() const {
  if (world_->local) {
    const auto entry = world_->local->peek(row_key);
    return entry && entry->version != world_->row.version;
  }
  const Slot& slot = world_->slot;
  return slot.kind == Slot::Kind::value && slot.entry.version != world_->row.version;
}

bool Simulation::answered_old() const {
  return world_->answered_old;
}
const std::vector<Simulation::Step>& Simulation::trace() const {
  return world_->trace;
}

std::string Simulation::lanes() const {
  constexpr std::size_t width = 24;
  const auto line = [](std::string a, std::string b, const std::string& c) {
    a.resize(width, ' ');
    b.resize(width, ' ');
    return "    " + a + b + c + "\n";
  };
  std::string text = line("reader A", "reader B", "writer");
  for (const Step& step : trace()) {
    text += line(step.actor == reader_a ? step.what : "", step.actor == reader_b ? step.what : "",
                 step.actor == writer ? step.what : "");
  }
  return text;
}

}  // namespace testing
