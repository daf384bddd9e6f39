#include "tests/support/storm.h"

#include <stdexcept>
#include <thread>
#include <unordered_set>

#include "tests/support/api_client.h"

namespace testing {
namespace {

void create_some(std::uint16_t port, int each, const std::string& name, Storm& outcome) {
  try {
    ApiClient api(port);
    for (int i = 0; i < each; ++i) {
      const std::string url = "https://example.com/" + name + "-" + std::to_string(i);
      const auto answer = api.post("/shorten", "{\"longUrl\":\"" + url + "\"}");
      if (answer.status == 201) {
        outcome.created.push_back({text_at(answer, "/shortCode"), url});
      } else {
        ++outcome.others[answer.status];
      }
    }
  } catch (const std::runtime_error&) {
    ++outcome.broken;
  }
}

}  // namespace

Storm create_many(const std::vector<std::uint16_t>& ports, int clients, int each, const std::string& name) {
  std::vector<Storm> outcomes(static_cast<std::size_t>(clients));
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    threads.emplace_back(create_some, ports[i % ports.size()], each, name + "-" + std::to_string(i),
                         std::ref(outcomes[i]));
  }
  for (auto& thread : threads) {
    thread.join();
  }
  Storm all;
  for (auto& outcome : outcomes) {
    for (auto& creation : outcome.created) {
      all.created.push_back(std::move(creation));
    }
    for (const auto& [status, times] : outcome.others) {
      all.others[status] += times;
    }
    all.broken += outcome.broken;
  }
  return all;
}

std::size_t distinct_codes(const std::vector<Creation>& created) {
  std::unordered_set<std::string> codes;
  for (const auto& creation : created) {
    codes.insert(creation.code);
  }
  return codes.size();
}

}  // namespace testing
