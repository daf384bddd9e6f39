#include "bench/load/report.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <sstream>

namespace bench::load {
namespace {

std::string milliseconds(std::uint64_t nanoseconds) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%9.3f ms", static_cast<double>(nanoseconds) / 1e6);
  return text.data();
}

void latency_lines(std::ostream& out, const char* title, const Histogram& histogram) {
  out << title << '\n';
  for (const auto& [name, percent] :
       {std::pair{"p50", 50.0}, {"p90", 90.0}, {"p99", 99.0}, {"p99.9", 99.9}, {"max", 100.0}}) {
    std::array<char, 32> label{};
    std::snprintf(label.data(), label.size(), "  %-6s", name);
    out << label.data() << milliseconds(histogram.percentile(percent)) << '\n';
  }
}

}  // namespace

void LoadReport::merge(const LoadReport& other) {
  answered += other.answered;
  mismatched += other.mismatched;
  failed += other.failed;
  unanswered += other.unanswered;
  reconnects += other.reconnects;
  bytes_received += other.bytes_received;
  for (const auto& [status, count] : other.by_status)
    by_status[status] += count;
  for (const auto& [problem, count] : other.problems)
    problems[problem] += count;
  latency.merge(other.latency);
  wait.merge(other.wait);
  elapsed = std::max(elapsed, other.elapsed);
  client_cpu += other.client_cpu;
}

double LoadReport::per_second() const {
  const double seconds = std::chrono::duration<double>(elapsed).count();
  return seconds > 0 ? static_cast<double>(answered) / seconds : 0;
}

std::string LoadReport::complaint() const {
  if (all_expected()) return "";
  std::ostringstream out;
  out << answered << " answers, " << mismatched << " of them with an unexpected status, " << failed
      << " requests failed, " << unanswered << " unanswered";
  for (const auto& [status, count] : by_status)
    out << "; status " << status << ": " << count;
  for (const auto& [problem, count] : problems)
    out << "; " << problem << ": " << count;
  return out.str();
}

std::string LoadReport::text() const {
  std::ostringstream out;
  out << "answered     " << answered << " (";
  bool first = true;
  for (const auto& [status, count] : by_status) {
    out << (first ? "" : ", ") << status << ": " << count;
    first = false;
  }
  out << ")\n";
  out << "per second   " << static_cast<std::uint64_t>(per_second()) << "\n";
  out << "wrong        " << mismatched << " unexpected status, " << failed << " failed, " << unanswered
      << " unanswered\n";
  for (const auto& [problem, count] : problems)
    out << "             " << count << " x " << problem << "\n";
  if (reconnects > 0) out << "reconnects   " << reconnects << "\n";
  out << "received     " << bytes_received << " bytes\n";
  const double cpu = std::chrono::duration<double>(client_cpu).count();
  const double seconds = std::chrono::duration<double>(elapsed).count();
  std::array<char, 64> line{};
  std::snprintf(line.data(), line.size(), "client CPU   %.2f us a request, %.0f %% of one core",
                answered == 0 ? 0 : cpu * 1e6 / static_cast<double>(answered), seconds > 0 ? 100 * cpu / seconds : 0);
  out << line.data() << '\n';
  latency_lines(out, wait.count() > 0 ? "latency from the intended send time" : "latency from the send", latency);
  if (wait.count() > 0) latency_lines(out, "of that, waiting for a free connection", wait);
  return out.str();
}

}  // namespace bench::load
