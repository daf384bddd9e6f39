#include "tests/support/staleness.h"

#include <algorithm>
#include <charconv>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>

#include "common/random.h"
#include "tests/support/raw_client.h"

namespace testing {
namespace {

using Clock = std::chrono::steady_clock;

std::string request(std::string_view method, std::uint64_t id, std::string_view body) {
  std::string text(method);
  text += " /users" + (id ? "/" + std::to_string(id) : std::string()) + " HTTP/1.1\r\nHost: x\r\n";
  if (method == "PATCH") text += "If-Match: *\r\n";
  if (!body.empty())
    text += "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  return text + "\r\n" + std::string(body);
}

// Of an ETag: "\"7\"".
std::uint64_t version_of(const RawResponse& response) {
  const std::string tag = response.header("ETag");
  std::uint64_t version = 0;
  if (tag.size() > 2) std::from_chars(tag.data() + 1, tag.data() + tag.size() - 1, version);
  return version;
}

}  // namespace

struct StalenessWatch::Totals {
  std::atomic<std::uint64_t> reads{0};
  std::atomic<std::uint64_t> hits{0};
  std::atomic<std::uint64_t> writes{0};
  std::atomic<std::uint64_t> stale{0};
  std::atomic<std::uint64_t> failed{0};
  std::atomic<std::int64_t> slowest_ms{0};
  std::mutex mutex;  // guards first
  std::string first;
};

StalenessWatch::StalenessWatch(std::vector<std::uint16_t> ports, std::size_t keys, std::chrono::milliseconds bound)
    : ports_(std::move(ports)), bound_(bound), acknowledged_(std::make_unique<Acknowledged[]>(keys)) {
  RawClient client(ports_[0]);
  for (std::size_t i = 0; i < keys; ++i) {
    client.send(request("POST", 0, R"({"name":"0","email":"a@example.com"})"));
    const auto created = client.response();
    const std::string place = created.header("Location");
    std::uint64_t id = 0;
    const auto slash = place.rfind('/') + 1;
    std::from_chars(place.data() + slash, place.data() + place.size(), id);
    if (created.status != 201 || id == 0) throw std::runtime_error("no user was created: " + created.body);
    ids_.push_back(id);
    acknowledge(i, 1);
  }
}

// By everybody who asks now: what was acknowledged a bound ago.
std::uint64_t StalenessWatch::known(std::size_t index) {
  const auto latest = Clock::now() - bound_;
  Acknowledged& user = acknowledged_[index];
  const std::lock_guard lock(user.mutex);
  auto& versions = user.versions;
  while (versions.size() > 1 && versions[1].first <= latest)
    versions.pop_front();
  return versions.front().first <= latest ? versions.front().second : 0;
}

void StalenessWatch::acknowledge(std::size_t index, std::uint64_t version) {
  Acknowledged& user = acknowledged_[index];
  const std::lock_guard lock(user.mutex);
  if (user.versions.empty() || version > user.versions.back().second) user.versions.emplace_back(Clock::now(), version);
}

StalenessWatch::Seen StalenessWatch::run(int clients, std::chrono::milliseconds time, std::uint64_t operations_max,
                                         int write_every) {
  Totals totals;
  const auto end = Clock::now() + time;
  std::vector<std::thread> threads;
  for (int i = 0; i < clients; ++i)
    threads.emplace_back([&, i] {
      try {
        work(static_cast<std::size_t>(i), end, operations_max / static_cast<std::uint64_t>(clients), write_every,
             totals);
      } catch (const std::exception&) {  // the server gave no whole answer
        ++totals.failed;
      }
    });
  for (auto& thread : threads)
    thread.join();
  return {.reads = totals.reads,
          .hits = totals.hits,
          .writes = totals.writes,
          .stale = totals.stale,
          .failed = totals.failed,
          .first = totals.first,
          .slowest = std::chrono::milliseconds{totals.slowest_ms.load()}};
}

void StalenessWatch::work(std::size_t client, Clock::time_point end, std::uint64_t operations_max, int write_every,
                          Totals& totals) {
  common::SeededRandom random(client + 1);
  RawClient connection(ports_[client % ports_.size()]);
  for (std::uint64_t done = 0; done < operations_max && Clock::now() < end; ++done) {
    const std::size_t index = random.below(ids_.size());
    const bool writes = random.below(static_cast<std::uint64_t>(write_every)) == 0;
    const std::uint64_t known_before = known(index);
    const auto began = Clock::now();
    connection.send(writes ? request("PATCH", ids_[index], R"({"name":")" + std::to_string(random.next()) + R"("})")
                           : request("GET", ids_[index], ""));
    const auto response = connection.response();
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - began).count();
    auto slowest = totals.slowest_ms.load();
    while (took > slowest && !totals.slowest_ms.compare_exchange_weak(slowest, took)) {
    }
    if (response.status != 200) {
      ++totals.failed;
      continue;
    }
    const std::uint64_t version = version_of(response);
    if (writes) {
      ++totals.writes;
      acknowledge(index, version);
      continue;
    }
    ++totals.reads;
    if (response.header("X-Cache") == "hit") ++totals.hits;
    if (version >= known_before) continue;
    if (totals.stale++ == 0) {
      const std::lock_guard lock(totals.mutex);
      totals.first = "user " + std::to_string(ids_[index]) + ": version " + std::to_string(version) +
                     " although version " + std::to_string(known_before) + " had been acknowledged; " + response.head;
    }
  }
}

}  // namespace testing
