// A program's settings, declared once: typed, documented, and read from four places.
//
//   a flag  beats  the environment  beats  --config FILE.toml  beats  the default in the struct
//
//   Options options("url_shortener", "turns long URLs into short codes");
//   options.group("Links");
//   options.add("code-length", links.code_length, {.help = "characters in a new code"});
//   if (const auto text = options.parse(argc, argv)) { std::cout << *text; return 0; }
//
// `--code-length 7`, URL_SHORTENER_CODE_LENGTH=7 and `code-length = 7` in the file are the same
// setting, read by the same code with the same errors. The default is whatever the target holds
// when it is added, so it is written in one place, and --help shows it. The source with the highest
// rank is the only one applied; a repeatable option is replaced, never merged. A flag given twice:
// the last wins, unless it is repeatable. An empty environment variable counts as unset.
//
// CLI11 splits the command line and toml++ reads the file. Not thread-safe: main uses it before
// threads start.

#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "common/clock.h"
#include "common/result.h"

namespace common {

// The user asked for something that makes no sense. The message is one line; main prints it and
// exits 2.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// A value that a text option accepts. A name with an ellipsis, "postgres://…", accepts all that
// begins so.
struct TextChoice {
  std::string name;
  std::string help = {};  // what it means, with the textbook's name for it
};

// A value that an enumeration option accepts.
template <class E>
struct Choice {
  std::string name;
  E value;
  std::string help = {};
};

// What --help says of an option.
struct About {
  std::string metavar = {};              // "HOST:PORT"; by default made from the type or the choices
  std::string help = {};                 // lower case, no full stop
  std::string default_text = {};         // instead of the value, such as "cores"
  std::vector<TextChoice> choices = {};  // for text options; none: anything goes
};

struct Option {
  std::string name;
  std::string group;
  About about;
  bool is_flag = false;  // may stand alone
  bool repeatable = false;
  std::function<Result<>(std::string_view value)> set;
  std::function<void()> clear;  // before the first value of a repeatable option
  std::string default_value;    // as shown
};

// How Options finds an environment variable; std::nullopt when there is none.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;
std::optional<std::string> process_environment(const std::string& name);

class Options {
 public:
  // `program` as in argv[0]: its upper case starts the environment names. `summary`: one line, no
  // full stop.
  Options(std::string program, std::string summary);

  // The heading of the options added next.
  void group(std::string title) { group_ = std::move(title); }

  // Each target must outlive parse(). `name` is snake-free: "max-body", without dashes in front.
  void add(std::string name, std::string& target, About about);
  void add(std::string name, std::vector<std::string>& target, About about);  // repeatable
  void add(std::string name, bool& target, About about);                      // --name, --name=false

  // A whole number in the range of its type.
  template <std::integral T>
  void add(std::string name, T& target, About about) {
    add_value(std::move(name), std::to_string(target), "N", std::move(about),
              [&target](std::string_view text) -> Result<> {
                const auto value = parse_integer(text, std::numeric_limits<T>::min(), std::numeric_limits<T>::max());
                if (value.has_error()) return value.error();
                target = static_cast<T>(*value);
                return {};
              });
  }

  // "250ms", "10s", "5m"; a value finer than the target's unit is refused.
  template <class Rep, class Period>
  void add(std::string name, std::chrono::duration<Rep, Period>& target, About about) {
    using Target = std::chrono::duration<Rep, Period>;
    add_value(std::move(name), show(target), "DURATION", std::move(about),
              [&target](std::string_view text) -> Result<> {
                const auto value = parse_whole(text, Target{1});
                if (value.has_error()) return value.error();
                target = std::chrono::duration_cast<Target>(*value);
                return {};
              });
  }

  // "512", "64KiB", "1MiB".
  template <std::unsigned_integral T>
  void add_size(std::string name, T& target, About about) {
    add_value(std::move(name), show_size(target), "SIZE", std::move(about),
              [&target](std::string_view text) -> Result<> {
                const auto value = parse_bytes(text, std::numeric_limits<T>::max());
                if (value.has_error()) return value.error();
                target = static_cast<T>(*value);
                return {};
              });
  }

  // One of named values; an unknown one is an error that lists them.
  template <class E>
  requires(std::is_enum_v<E>) void add(std::string name, E& target,
                                       std::vector<Choice<std::type_identity_t<E>>> choices, About about) {
    std::string shown;
    for (const auto& choice : choices) {
      if (choice.value == target) shown = choice.name;
      about.choices.push_back({choice.name, choice.help});
    }
    add_value(std::move(name), std::move(shown), "NAME", std::move(about),
              [&target, choices = std::move(choices)](std::string_view text) -> Result<> {
                for (const auto& choice : choices) {
                  if (choice.name == text) target = choice.value;
                }
                return {};
              });
  }

  // Any other type: `set` reads one value, or says in its error's message what is wrong with it.
  void add_custom(std::string name, std::string default_value, About about,
                  std::function<Result<>(std::string_view)> set) {
    add_value(std::move(name), std::move(default_value), "VALUE", std::move(about), std::move(set));
  }

  // Reads all sources into the targets. Returns a text if the command line asked for one (--help,
  // --version): print it and exit 0. Throws UsageError for anything unknown or malformed.
  [[nodiscard]] std::optional<std::string> parse(int argc, const char* const* argv,
                                                 const Environment& environment = process_environment);

  // After parse(): whether anybody set it, as opposed to its default. For telling conflicts apart.
  bool given(std::string_view name) const { return given_.contains(name); }

  // "max-body" -> "URL_SHORTENER_MAX_BODY".
  std::string environment_name(std::string_view option) const;

  std::string help() const;
  std::string version() const;

 private:
  using Values = std::vector<std::string>;

  void add_value(std::string name, std::string default_value, std::string metavar, About about,
                 std::function<Result<>(std::string_view)> set);
  std::optional<std::string> read_command_line(int argc, const char* const* argv,
                                               std::map<std::string, Values, std::less<>>& found) const;
  void apply(Option& option, const Values& values, const std::string& where);

  static Result<std::uint64_t> parse_bytes(std::string_view text, std::uint64_t max);
  static Result<Duration> parse_whole(std::string_view text, Duration unit);
  static Result<std::uint64_t> parse_integer(std::string_view text, std::int64_t min, std::uint64_t max);
  static std::string show(Duration duration);
  static std::string show_size(std::uint64_t bytes);

  std::string program_;
  std::string summary_;
  std::string group_;
  std::vector<Option> options_;
  std::map<std::string, std::string, std::less<>> given_;  // option -> where its value came from
};

}  // namespace common
