// What one decision costs in memory, by each algorithm: a million live keys, asked about as often as people ask (Zipf
// 0.99: a few of them nearly always) or all alike, which no cache helps.
//
// The whole path is measured, from the key's text to the decision: hashing, the shard's lock, the table, the algorithm.

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "bench/core/cpu_time.h"
#include "bench/core/environment.h"
#include "bench/rate_limiter_bench.h"
#include "common/random.h"
#include "rate_limiter/limiter_store_memory.h"

namespace bench::rate_limiter_bench {
namespace {

using Clock = std::chrono::steady_clock;
using namespace rate_limiter;

constexpr const char* zipf = "1,000,000 keys, Zipf 0.99";
constexpr const char* uniform = "1,000,000 keys, uniform";
constexpr const char* admitted = "1,000,000 keys, Zipf 0.99, all admitted";

// Five in a minute: nearly all are refused.
Limit tight(Algorithm algorithm) {
  return std::get<Limit>(make_limit(algorithm, 5, 60 * ticks_per_second));
}

// Nobody is refused. What a bucket gives comes back so slowly that no key is forgotten as one that is full again.
Limit wide(Algorithm algorithm) {
  constexpr std::int64_t most = 10'000'000;
  return std::get<Limit>(has_burst(algorithm) ? make_limit(algorithm, most / 20, period_max, most)
                                              : make_limit(algorithm, most, 60 * ticks_per_second));
}

// The texts of the keys in the order in which they are asked about, one behind the other.
class Questions {
 public:
  Questions(std::size_t keys, std::size_t count, bool skewed) : keys_(keys) {
    common::SeededRandom random(1);
    std::vector<std::uint32_t> names(keys);
    for (std::size_t i = 0; i < keys; ++i)
      names[i] = static_cast<std::uint32_t>(i);
    for (std::size_t i = keys; i > 1; --i)
      std::swap(names[i - 1], names[random.below(i)]);
    std::vector<double> up_to;
    double sum = 0;
    for (std::size_t i = 0; skewed && i < keys; ++i)
      up_to.push_back(sum += 1 / std::pow(static_cast<double>(i + 1), 0.99));
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t rank =
          skewed ? static_cast<std::size_t>(std::lower_bound(up_to.begin(), up_to.end(), random.unit() * sum) -
                                            up_to.begin())
                 : random.below(keys);
      add(names[std::min(rank, keys - 1)]);
    }
  }

  static std::string name_of(std::size_t key) { return "user:" + std::to_string(1'000'000'000 + key); }
  std::size_t keys() const { return keys_; }
  std::size_t count() const { return ends_.size(); }
  std::string_view at(std::size_t i) const {
    const std::size_t begin = i == 0 ? 0 : ends_[i - 1];
    return std::string_view(texts_).substr(begin, ends_[i] - begin);
  }

 private:
  void add(std::size_t key) {
    texts_ += name_of(key);
    ends_.push_back(static_cast<std::uint32_t>(texts_.size()));
  }

  std::size_t keys_;
  std::string texts_;
  std::vector<std::uint32_t> ends_;
};

class Decisions final : public Subject {
 public:
  Decisions(const Limit& limit, std::shared_ptr<const Questions> questions)
      : questions_(std::move(questions)),
        limit_("bench", limit),
        store_({.keys_max = room_for(limit.algorithm, questions_->keys())}, clock_, random_) {
    for (std::size_t i = 0; i < questions_->keys(); ++i)
      decide(Questions::name_of(i));
  }

  Sample measure(const Round& round) override {
    decide_for(round.warm_up);
    const CpuTime before = cpu_time(getpid());
    const auto start = Clock::now();
    const double made = decide_for(round.duration);
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    const CpuTime used = cpu_time(getpid()) - before;
    const auto counts = store_.counts();
    Sample sample;
    sample.values["cpu_ns"] = static_cast<double>(used.total.count()) / made;
    sample.values["per_second"] = made / seconds;
    sample.values["key_bytes"] = static_cast<double>(counts.bytes) / static_cast<double>(counts.keys);
    if (counts.keys < questions_->keys() * 9 / 10) throw std::runtime_error("keys were forgotten");
    return sample;
  }

 private:
  // Shards fill unevenly; and a log of five admissions takes more than its share of 64 bytes.
  static std::size_t room_for(Algorithm algorithm, std::size_t keys) {
    return has_log(algorithm) ? 5 * keys : keys * 21 / 20;
  }

  bool decide(std::string_view key) {
    now_ += 1;  // a million decisions a second of the keys' time
    return store_.decide({&limit_, key, 1}, now_).allowed;
  }

  double decide_for(std::chrono::nanoseconds duration) {
    const auto deadline = Clock::now() + duration;
    std::uint64_t made = 0;
    while (Clock::now() < deadline) {
      for (int i = 0; i < 1'000; ++i, ++made) {
        allowed_ += decide(questions_->at(next_)) ? 1 : 0;
        if (++next_ == questions_->count()) next_ = 0;
      }
    }
    return static_cast<double>(made);
  }

  const std::shared_ptr<const Questions> questions_;
  const RuleLimit limit_;
  common::SystemClock clock_;
  common::SecureRandom random_;
  LimiterStoreMemory store_;
  Ticks now_ = 1'750'000'000 * ticks_per_second;
  std::size_t next_ = 0;
  std::uint64_t allowed_ = 0;  // keeps the compiler from leaving decisions out
};

}  // namespace

Comparison decisions() {
  Comparison comparison;
  comparison.id = "rate_limiter/decisions";
  comparison.question = "What does a decision in memory cost, by algorithm?";
  comparison.metrics = {
      {.id = "cpu_ns", .heading = "CPU ns", .unit = "ns of CPU per decision", .decimals = 1},
      {.id = "per_second",
       .heading = "per second",
       .unit = "decisions a second on one core",
       .better = Better::higher,
       .decimals = 0},
      {.id = "key_bytes", .heading = "bytes/key", .unit = "bytes a key", .decimals = 0},
  };
  for (const char* group : {zipf, uniform, admitted}) {
    const auto questions = std::make_shared<std::shared_ptr<const Questions>>();  // made once, when first needed
    for (const auto& each : algorithms) {
      if (group == admitted && has_log(each.algorithm)) continue;  // a log of them all is what nobody would keep
      Row row{.id = std::string(each.id), .group = group, .note = std::string(each.description)};
      row.prepare = [questions, group, algorithm = each.algorithm](Environment& environment) {
        const std::size_t keys = environment.quick() ? 20'000 : 1'000'000;
        if (!*questions) {
          *questions =
              std::make_shared<const Questions>(keys, environment.quick() ? 50'000 : 4'000'000, group != uniform);
        }
        return std::make_unique<Decisions>(group == admitted ? wide(algorithm) : tight(algorithm), *questions);
      };
      comparison.rows.push_back(std::move(row));
    }
  }
  // Ten million decisions a second on a core.
  for (const char* group : {zipf, admitted}) {
    for (const char* row : {"token_bucket", "gcra"})
      comparison.aims.push_back({.group = group, .row = row, .bound = 100});
  }
  comparison.method = {
      "one thread; from the key's text to the decision: hash, lock, table, algorithm",
      "time is an argument: one microsecond more for each decision; limit 5 in a minute, so most are refused, as in an "
      "attack; or a burst of 10,000,000, so all are admitted",
      "bytes/key: of tables and logs, for each key that is kept"};
  comparison.subject = "token_bucket";
  comparison.round = {.warm_up = std::chrono::milliseconds(50), .duration = std::chrono::milliseconds(200)};
  comparison.budget = std::chrono::seconds(40);
  return comparison;
}

}  // namespace bench::rate_limiter_bench
