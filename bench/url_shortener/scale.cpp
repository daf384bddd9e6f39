// Whether what a user waits for grows with the table: an existing link found by its URL, a page of the list, of a tag
// and of a search, and the statistics of a link that was followed ten million times.
//
// One client asks one thing at a time, so a latency is the operation's own and no queue's. The tables are filled in
// bulk (link_tables.h), both engines' at once; then everything goes through the stores.
//
// One more operation: a line in `operations`, and what it does in Operations.

#include <algorithm>
#include <array>
#include <future>
#include <stdexcept>

#include "bench/core/environment.h"
#include "bench/core/histogram.h"
#include "bench/url_shortener/link_tables.h"
#include "bench/url_shortener/open_store.h"
#include "bench/url_shortener_bench.h"
#include "common/random.h"

namespace bench::url_shortener_bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t page = 20;
constexpr std::uint64_t pages = 10;

// ---- what is asked ----

// One operation on a table whose links are known; throws when the answer is not the one expected.
class Operations {
 public:
  Operations(url_shortener::Stores& stores, const LinkTable& table) : stores_(stores), table_(table) {}

  // ifExists: reuse, of a URL that has a link; and of one that has many expired ones besides.
  common::Task<> reuse() { return reuse_of(table_.url(any(table_.count))); }
  common::Task<> reuse_among_expired() { return reuse_of(LinkTable::much_used_url()); }
  common::Task<> reuse_of(std::string url) {
    url_shortener::Insert insert;
    insert.link.code = "zzzzzzz";  // never taken: the link is found
    insert.link.long_url = std::move(url);
    insert.link.created_at = clock_.now();
    insert.reuse_existing = true;
    const std::string wanted = insert.link.long_url;
    const auto outcome = co_await stores_.links->insert(std::move(insert));
    if (outcome.has_error()) throw std::runtime_error(outcome.error().message);
    const auto* const existing = std::get_if<url_shortener::Existing>(&*outcome);
    if (existing == nullptr || existing->link.long_url != wanted) throw std::runtime_error("the link was not found");
  }

  // One of the first pages of the list, which are those that people look at.
  common::Task<> list() {
    url_shortener::ListQuery query;
    const std::uint64_t number = table_.count - page * any(pages);
    query.before.emplace(table_.created_at(number), "");
    co_await expect_page(std::move(query), table_.code(number - 1));
  }

  // The same of a tag.
  common::Task<> list_tag() {
    url_shortener::ListQuery query;
    const std::uint64_t tag = any(LinkTable::tags);
    const std::uint64_t rank = table_.tagged() - page * any(std::min(pages, table_.tagged() / page));
    query.tag = LinkTable::tag(tag);
    query.before.emplace(table_.created_at(LinkTable::tagged_number(tag, rank)), "");
    co_await expect_page(std::move(query), table_.code(LinkTable::tagged_number(tag, rank - 1)));
  }

  // One of the first pages of what has a word that all links have; and the one link that has a word of its own besides.
  common::Task<> search() {
    url_shortener::SearchQuery query;
    const std::uint64_t number = table_.count - page * any(pages);
    query.words = {LinkTable::common_word()};
    query.before.emplace(table_.created_at(number), "");
    query.limit = page;
    const auto found = co_await stores_.links->search(std::move(query));
    if (found.has_error()) throw std::runtime_error(found.error().message);
    if (found->links.size() != page || found->links.front().code != table_.code(number - 1)) {
      throw std::runtime_error("another page");
    }
  }
  common::Task<> search_two_words() {
    url_shortener::SearchQuery query;
    const std::uint64_t number = any(table_.count);
    query.words = {LinkTable::common_word(), LinkTable::own_word(number)};
    query.limit = page;
    const auto found = co_await stores_.links->search(std::move(query));
    if (found.has_error()) throw std::runtime_error(found.error().message);
    if (found->links.size() != 1 || found->links.front().code != table_.code(number)) {
      throw std::runtime_error("another link");
    }
  }

  common::Task<> stats() {
    const auto stats = co_await stores_.clicks->stats(table_.code(0));
    if (stats.has_error()) throw std::runtime_error(stats.error().message);
    if (stats->total != clicks || stats->daily.size() != days || stats->referrers.size() != 50 ||
        stats->agents.size() != agents.size()) {
      throw std::runtime_error("other statistics");
    }
  }

  // Ten million clicks of one link, as the servers add them up: by day, referrer and agent class, in batches.
  common::Task<> add_clicks() {
    constexpr std::uint64_t each = clicks / (days * counts_a_day);
    for (std::uint64_t day = 0; day < days;) {
      std::vector<url_shortener::ClickCount> batch;
      for (std::uint64_t last = day + 40; day < last; ++day) {
        for (std::uint64_t i = 0; i < counts_a_day; ++i) {
          batch.push_back({.code = table_.code(0),
                           .day = date(day),
                           .referrer = "site-" + std::to_string((day * counts_a_day + i) % referrers) + ".example",
                           .agent = agents[i % agents.size()],
                           .clicks = each});
        }
      }
      const auto added = co_await stores_.clicks->add(std::move(batch));
      if (added.has_error()) throw std::runtime_error(added.error().message);
    }
  }

 private:
  static constexpr std::uint64_t clicks = 10'000'000;
  static constexpr std::uint64_t days = 400;
  static constexpr std::uint64_t counts_a_day = 25;
  static constexpr std::uint64_t referrers = 1'000;
  inline static const std::vector<std::string> agents{"desktop", "mobile", "crawler", "tool", "unknown"};

  static std::string date(std::uint64_t day) {
    const std::chrono::sys_days first = std::chrono::year(2025) / 1 / 1;
    const std::chrono::year_month_day ymd{first + std::chrono::days(day)};
    const auto two = [](unsigned number) { return (number < 10 ? "0" : "") + std::to_string(number); };
    return std::to_string(static_cast<int>(ymd.year())) + "-" + two(static_cast<unsigned>(ymd.month())) + "-" +
           two(static_cast<unsigned>(ymd.day()));
  }

  static std::uint64_t any(std::uint64_t below) { return common::thread_random().below(below); }

  common::Task<> expect_page(url_shortener::ListQuery query, std::string first_code) {
    query.limit = page;
    const auto links = co_await stores_.links->list(std::move(query));
    if (links.has_error()) throw std::runtime_error(links.error().message);
    if (links->size() != page || links->front().code != first_code) throw std::runtime_error("another page");
  }

  url_shortener::Stores& stores_;
  const LinkTable& table_;
  common::SystemClock clock_;
};

struct Operation {
  const char* name;
  common::Task<> (Operations::*run)();
};

constexpr Operation operations[] = {
    {"ifExists: reuse", &Operations::reuse},
    {"ifExists: reuse, among expired links", &Operations::reuse_among_expired},
    {"a page of the list", &Operations::list},
    {"a page of a tag", &Operations::list_tag},
    {"a page of a search", &Operations::search},
    {"a search for two words", &Operations::search_two_words},
};
constexpr Operation stats_operation{"statistics", &Operations::stats};

// ---- where ----

enum class Size { small, large };

constexpr std::uint64_t count_of(Size size, bool quick) {
  if (size == Size::small) return quick ? 1'000 : 10'000;
  return quick ? 10'000 : 1'000'000;
}

// One store with so many links.
class ScaledStore {
 public:
  static std::unique_ptr<ScaledStore> on_sqlite(const std::filesystem::path& folder, std::uint64_t count) {
    const LinkTable table{count};
    table.fill_sqlite(folder);
    return std::make_unique<ScaledStore>(table, nullptr, with_words(sqlite_config(folder)));
  }
  static std::unique_ptr<ScaledStore> on_postgres(std::unique_ptr<ScratchPostgres> place, std::uint64_t count) {
    const LinkTable table{count};
    table.fill_postgres(place->url());
    const auto config = with_words(postgres_config(place->url()));
    return std::make_unique<ScaledStore>(table, std::move(place), config);
  }
  ScaledStore(LinkTable table, std::unique_ptr<ScratchPostgres> place, const url_shortener::Config& config)
      : table_(table), place_(std::move(place)), store_(config), operations_(*store_.operator->(), table_) {}

  void add_clicks() { store_.background().run(operations_.add_clicks()); }

  Histogram latencies(const Operation& operation, std::chrono::nanoseconds duration) {
    Histogram latencies;
    const Step step = [&](std::size_t) -> common::Task<> {
      const auto start = Clock::now();
      co_await (operations_.*operation.run)();
      latencies.record(static_cast<std::uint64_t>((Clock::now() - start).count()));
    };
    store_.run_clients(1, step, duration);
    return latencies;
  }

  std::vector<pid_t> processes() const { return place_ ? place_->processes() : std::vector<pid_t>{}; }

 private:
  static url_shortener::Config with_words(url_shortener::Config config) {
    config.search = "words";
    return config;
  }

  const LinkTable table_;
  std::unique_ptr<ScratchPostgres> place_;
  OpenStore store_;
  Operations operations_;
};

// All of them. SQLite's are filled by this thread while another one has PostgreSQL fill its own.
class ScaledStores {
 public:
  explicit ScaledStores(Environment& environment) {
    const Counts counts{count_of(Size::small, environment.quick()), count_of(Size::large, environment.quick())};
    if (!environment.service("postgres").empty()) {
      std::vector<std::unique_ptr<ScratchPostgres>> places;
      for (std::size_t i = 0; i < counts.size(); ++i)
        places.push_back(std::make_unique<ScratchPostgres>(environment));
      postgres_ = std::async(std::launch::async, [counts, places = std::move(places)]() mutable {
                    return fill(counts, [&](std::size_t i, std::uint64_t count) {
                      return ScaledStore::on_postgres(std::move(places[i]), count);
                    });
                  }).share();
    }
    sqlite_ = fill(counts, [&](std::size_t, std::uint64_t count) {
      return ScaledStore::on_sqlite(environment.scratch("scale"), count);
    });
    if (postgres_.valid()) postgres_.wait();
  }

  // Throws what went wrong when it was filled.
  ScaledStore& sqlite(Size size) { return *sqlite_.at(static_cast<std::size_t>(size)); }
  ScaledStore& postgres(Size size) { return *postgres_.get().at(static_cast<std::size_t>(size)); }

 private:
  using Counts = std::array<std::uint64_t, 2>;
  using Pair = std::vector<std::unique_ptr<ScaledStore>>;

  template <class Make>
  static Pair fill(const Counts& counts, const Make& make) {
    Pair made;
    for (const std::uint64_t count : counts)
      made.push_back(make(made.size(), count));
    made.back()->add_clicks();
    return made;
  }

  Pair sqlite_;
  std::shared_future<Pair> postgres_;
};

class Latency final : public Subject {
 public:
  Latency(std::shared_ptr<ScaledStores> all, ScaledStore& store, const Operation& operation)
      : all_(std::move(all)), store_(store), operation_(operation) {}

  Sample measure(const Round& round) override {
    store_.latencies(operation_, round.warm_up);
    const Histogram latencies = store_.latencies(operation_, round.duration);
    if (latencies.count() == 0) throw std::runtime_error("nothing was answered in time");
    Sample sample;
    sample.values["p99_us"] = static_cast<double>(latencies.percentile(99)) / 1e3;
    sample.values["p50_us"] = static_cast<double>(latencies.percentile(50)) / 1e3;
    return sample;
  }
  std::vector<pid_t> processes() const override { return store_.processes(); }

 private:
  std::shared_ptr<ScaledStores> all_;
  ScaledStore& store_;
  const Operation& operation_;
};

constexpr double growth_max = 1.5;
constexpr double stats_us_max = 50'000;

void add_engine(Comparison& comparison, const std::string& engine, const std::vector<std::string>& needs,
                ScaledStore& (ScaledStores::*store)(Size), const SharedByRows<ScaledStores>& shared) {
  const auto row = [&](std::string id, const std::string& group, Size size, const Operation& operation) {
    comparison.rows.push_back({.id = std::move(id),
                               .group = group,
                               .needs = needs,
                               .prepare = [shared, store, size, &operation](Environment& environment) {
                                 auto all = shared.get(environment);
                                 ScaledStore& one = ((*all).*store)(size);
                                 return std::make_unique<Latency>(std::move(all), one, operation);
                               }});
  };
  for (const Operation& operation : operations) {
    const std::string group = engine + ", " + operation.name;
    row("links_10k", group, Size::small, operation);
    row("links_1m", group, Size::large, operation);
    comparison.aims.push_back({.group = group, .row = "links_1m", .against = "links_10k", .bound = growth_max});
  }
  const std::string group = engine + ", " + stats_operation.name;
  row("clicks_10m", group, Size::large, stats_operation);
  comparison.aims.push_back({.group = group, .row = "clicks_10m", .bound = stats_us_max});
}

}  // namespace

Comparison scale() {
  Comparison comparison;
  comparison.id = "url_shortener/scale";
  comparison.question = "Does what a user waits for grow with the table?";
  comparison.metrics = {{.id = "p99_us", .heading = "p99 us", .unit = "us for 99 % of operations", .decimals = 0},
                        {.id = "p50_us", .heading = "p50", .unit = "us for half of the operations", .decimals = 0}};
  const SharedByRows<ScaledStores> shared;
  add_engine(comparison, "SQLite", {}, &ScaledStores::sqlite, shared);
  add_engine(comparison, "PostgreSQL", {"service:postgres"}, &ScaledStores::postgres, shared);
  comparison.method = {
      "one coroutine at the store interface, one operation after the other; percentiles of each round",
      "reuse: a random URL that has a link; pages: one of the first ten, of 20 links",
      "among expired links: a URL with 100,000 of them in the large table, 1,000 in the small one",
      "searches: --search words; a word that all links have, and that one with one that a single link has",
      "a tenth of the links has one of five tags, so the large table has 20,000 of each",
      "statistics: one link with 10,000,000 clicks on 400 days, from 1,000 referrers, by 5 classes of agents",
      "with --quick 1,000 and 10,000 links stand for 10,000 and 1,000,000"};
  comparison.subject = "links_1m";
  comparison.round = {.warm_up = std::chrono::milliseconds(20), .duration = std::chrono::milliseconds(150)};
  comparison.budget = std::chrono::seconds(41);
  return comparison;
}

}  // namespace bench::url_shortener_bench
