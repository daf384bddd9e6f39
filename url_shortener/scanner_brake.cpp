#include "url_shortener/scanner_brake.h"

#include "rate_limiter/client_by_address.h"
#include "url_shortener/redirect.h"

namespace url_shortener {

using common::http::Reply;
using common::http::Response;

// Of an answer that is held back; free again when it goes, even if nobody waited to the end.
class ScannerBrake::Place {
 public:
  Place(std::shared_ptr<Waiting> waiting, std::string client)
      : waiting_(std::move(waiting)), client_(std::move(client)) {}
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place() {
    const std::lock_guard lock(waiting_->mutex);
    --waiting_->all;
    const auto mine = waiting_->each.find(client_);
    if (--mine->second == 0) waiting_->each.erase(mine);
  }

 private:
  std::shared_ptr<Waiting> waiting_;
  std::string client_;
};

ScannerBrake::ScannerBrake(Options options, common::Metrics& metrics) : options_(options), limit_(options.allowed) {
  metrics.counter_of("unknown_codes_braked_total", "answers to clients that tried too many unknown codes",
                     [this] { return static_cast<double>(braked_.load(std::memory_order_relaxed)); });
}

std::unique_ptr<ScannerBrake::Place> ScannerBrake::take_place(const std::string& client) {
  const std::lock_guard lock(waiting_->mutex);
  if (waiting_->all >= options_.waiting_max) return nullptr;
  const auto mine = waiting_->each.try_emplace(client).first;
  if (mine->second >= options_.waiting_each_max) return nullptr;
  ++mine->second;
  ++waiting_->all;
  return std::make_unique<Place>(waiting_, client);
}

Reply ScannerBrake::not_found(const common::http::Request& request) {
  const std::string client = rate_limiter::ClientAddresses().client(request.peer_address, {});
  const auto wait = limit_.refuse(client, request.started);
  if (!wait) return url_shortener::not_found();
  braked_.fetch_add(1, std::memory_order_relaxed);
  Response late = refusal(429, "TOO_MANY_UNKNOWN_CODES", "too many codes that do not exist were asked for");
  late.header("Retry-After", std::to_string(std::chrono::ceil<std::chrono::seconds>(*wait).count()));
  if (auto place = take_place(client)) return answer_late(std::move(late), std::move(place));
  late.close = true;
  return late;
}

common::Task<Response> ScannerBrake::answer_late(Response answer, std::unique_ptr<Place> place) {
  co_await common::sleep_for(options_.delay);
  place.reset();
  co_return answer;
}

}  // namespace url_shortener
