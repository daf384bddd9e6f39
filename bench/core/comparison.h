// What is compared, in the words that the results use.
//
// A Comparison asks one question of several Rows. Its id is "SYSTEM/NAME"; a row's id is the
// alternative's own, the same as in flags, file names and docs. The first metric is the cost that
// ratios are taken of; the first row of each group is the baseline of that group.
//
// A row's Subject is whatever gets measured: a server process, or an object in this process. It is
// made by prepare(), measured once a round, and ended by its destructor. The runner (runner.h)
// decides when; a Subject is used by one thread at a time.
//
// A Subject throws std::runtime_error when it cannot be started or when its answers are wrong:
// a wrong answer is never timed.

#pragma once

#include <sys/types.h>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace bench {

class Environment;  // environment.h: programs, services, scratch space

enum class Better { lower, higher };

struct Metric {
  std::string id;       // in results: "cpu_us"
  std::string heading;  // above the column: "CPU us"
  std::string unit;     // in a sentence: "us of server CPU per redirect"
  Better better = Better::lower;
  int decimals = 2;
};

// One round's values, by metric id.
struct Sample {
  std::map<std::string, double> values;
};

struct Round {
  std::chrono::nanoseconds warm_up{};
  std::chrono::nanoseconds duration{};  // what is measured
};

class Subject {
 public:
  virtual ~Subject() = default;

  virtual Sample measure(const Round& round) = 0;

  // The last word on the sample of the round before, asked just before the next round or at the
  // end: what a server put off (flushing clicks, say) still belongs to the requests that caused it.
  virtual void settle(Sample&) {}

  // Processes it runs, so that their CPU time is not taken for foreign load.
  virtual std::vector<pid_t> processes() const { return {}; }
};

// What theory says the cost is, and by which law.
struct Prediction {
  double value = 0;
  std::string source;
};

struct Row {
  std::string id;
  std::string group;               // rows are compared within their group; may be empty
  std::string note;                // what is special about it, one short line; may be empty
  std::vector<std::string> needs;  // as Environment::lacking reads them
  std::function<std::unique_ptr<Subject>(Environment&)> prepare;
  bool fresh = false;  // made anew each round, so that no lucky memory layout lasts
  std::optional<Prediction> prediction;
};

// A bound worth stating, on the ratio of two rows of one group, or on one row's cost. It is reported, never enforced.
struct Aim {
  std::string group;
  std::string row;
  std::string against;  // empty: the bound is on the cost itself
  double bound = 0;     // at most this where lower is better, at least this where higher is
};

struct Comparison {
  std::string id;               // "url_shortener/redirect"
  std::string question;         // one line
  std::vector<Metric> metrics;  // the first is the cost
  std::vector<Row> rows;
  std::vector<Aim> aims;
  std::vector<std::string> method;  // how it was measured: lines for the result and the screen
  std::string subject;              // the row that the sentence is about
  Round round;
  std::chrono::milliseconds settle{0};  // after the last round, for what servers put off
  std::chrono::seconds budget{20};      // the comparisons of one system add up to at most 3 minutes

  std::string system() const { return id.substr(0, id.find('/')); }
  std::string name() const { return id.substr(id.find('/') + 1); }
  const Metric& cost() const { return metrics.front(); }
};

}  // namespace bench
