#include "common/config/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <numeric>

#include "common/config/options_help.h"
#include "common/config/toml_file.h"
#include "common/units.h"

namespace common {
namespace {

constexpr std::string_view ellipsis = "\u2026";

bool matches(const TextChoice& choice, std::string_view value) {
  const std::size_t open = choice.name.find(ellipsis);
  if (open == std::string::npos) return choice.name == value;
  return value.size() > open && value.substr(0, open) == std::string_view(choice.name).substr(0, open);
}

Result<> check_choice(const std::vector<TextChoice>& choices, std::string_view value) {
  std::string names;
  for (const TextChoice& choice : choices) {
    if (matches(choice, value)) return {};
    names += (names.empty() ? "" : ", ") + choice.name;
  }
  if (choices.empty()) return {};
  return Error{Failure::invalid, "'" + std::string(value) + "' is not one of: " + names};
}

// Levenshtein's distance: how many characters to insert, delete or replace.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row.back();
}

// " (did you mean max-body?)", or nothing when no name is near.
std::string suggestion(std::string_view unknown, const std::vector<Option>& options, const std::string& prefix) {
  const Option* best = nullptr;
  std::size_t distance = 3;  // more than two slips is another word
  for (const Option& option : options) {
    const std::size_t slips = edit_distance(unknown, option.name);
    if (slips < distance) {
      distance = slips;
      best = &option;
    }
  }
  return best == nullptr ? "" : " (did you mean " + prefix + best->name + "?)";
}

std::vector<std::string> split_at_spaces(const std::string& text) {
  std::vector<std::string> parts;
  std::size_t from = 0;
  while ((from = text.find_first_not_of(' ', from)) != std::string::npos) {
    const std::size_t to = std::min(text.find(' ', from), text.size());
    parts.push_back(text.substr(from, to - from));
    from = to;
  }
  return parts;
}

}  // namespace

std::optional<std::string> process_environment(const std::string& name) {
  const char* const value = std::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return value;
}

Options::Options(std::string program, std::string summary)
    : program_(std::move(program)), summary_(std::move(summary)), group_("Options") {}

void Options::add_value(std::string name, std::string default_value, std::string metavar, About about,
                        std::function<Result<>(std::string_view)> set) {
  if (about.metavar.empty()) about.metavar = std::move(metavar);
  Option option;
  option.name = std::move(name);
  option.group = group_;
  option.about = std::move(about);
  option.set = std::move(set);
  option.default_value = std::move(default_value);
  options_.push_back(std::move(option));
}

void Options::add(std::string name, std::string& target, About about) {
  add_value(std::move(name), target, "TEXT", std::move(about), [&target](std::string_view text) -> Result<> {
    target = text;
    return {};
  });
}

void Options::add(std::string name, std::vector<std::string>& target, About about) {
  std::string shown;
  for (const std::string& value : target)
    shown += (shown.empty() ? "" : " ") + value;
  add_value(std::move(name), std::move(shown), "TEXT", std::move(about), [&target](std::string_view text) -> Result<> {
    target.emplace_back(text);
    return {};
  });
  options_.back().repeatable = true;
  options_.back().clear = [&target] { target.clear(); };
}

void Options::add(std::string name, bool& target, About about) {
  add_value(std::move(name), target ? "true" : "", "", std::move(about), [&target](std::string_view text) -> Result<> {
    if (text != "true" && text != "false") {
      return Error{Failure::invalid, "'" + std::string(text) + "' is not true or false"};
    }
    target = text == "true";
    return {};
  });
  options_.back().is_flag = true;
}

std::optional<std::string> Options::parse(int argc, const char* const* argv, const Environment& environment) {
  std::map<std::string, Values, std::less<>> flags;
  if (auto text = read_command_line(argc, argv, flags)) return text;

  const auto variable = [&](std::string_view option) -> std::optional<std::string> {
    auto value = environment(environment_name(option));
    return value && !value->empty() ? value : std::nullopt;
  };
  std::map<std::string, TomlSetting, std::less<>> file;
  std::optional<std::string> path = variable("config");
  if (const auto flag = flags.find("config"); flag != flags.end()) path = flag->second.back();
  if (path) {
    for (TomlSetting& setting : read_toml_settings(*path)) {
      const auto known = [&](const Option& option) { return option.name == setting.key; };
      if (std::none_of(options_.begin(), options_.end(), known)) {
        throw UsageError(*path + ":" + std::to_string(setting.line) + ": unknown key '" + setting.key + "'" +
                         suggestion(setting.key, options_, ""));
      }
      file.emplace(setting.key, std::move(setting));
    }
  }

  for (Option& option : options_) {
    if (const auto flag = flags.find(option.name); flag != flags.end()) {
      apply(option, flag->second, "--" + option.name);
    } else if (const auto value = variable(option.name)) {
      apply(option, option.repeatable ? split_at_spaces(*value) : Values{*value}, environment_name(option.name));
    } else if (const auto setting = file.find(option.name); setting != file.end()) {
      apply(option, setting->second.values, *path + ":" + std::to_string(setting->second.line) + ": " + option.name);
    }
  }
  return std::nullopt;
}

std::optional<std::string> Options::read_command_line(int argc, const char* const* argv,
                                                      std::map<std::string, Values, std::less<>>& found) const {
  CLI::App app(summary_, program_);
  app.allow_extras();  // so that the error is ours
  app.set_version_flag("--version", version());
  app.add_option("--config");
  std::map<std::string, CLI::Option*> known{{"config", app.get_option("--config")}};
  for (const Option& option : options_) {
    const std::string flag = "--" + option.name;
    known[option.name] = option.is_flag ? app.add_flag(flag) : app.add_option(flag);
  }
  for (const auto& [name, option] : known) {
    option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)->allow_extra_args(false);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return help();
  } catch (const CLI::CallForVersion&) {
    return version();
  } catch (const CLI::ArgumentMismatch& error) {
    const std::string_view what = error.what();  // "--name: 1 required …"
    throw UsageError(std::string(what.substr(0, what.find(':'))) + ": needs a value");
  } catch (const CLI::ParseError& error) {
    throw UsageError(error.what());
  }
  for (const std::string& extra : app.remaining()) {
    if (extra == "--") continue;
    if (extra.rfind("--", 0) != 0) throw UsageError("unexpected argument '" + extra + "'");
    const std::string name = extra.substr(2, extra.find('=') - 2);
    throw UsageError("unknown option --" + name + suggestion(name, options_, "--"));
  }
  for (const auto& [name, option] : known) {
    if (option->count() > 0) found[name] = option->results();
  }
  return std::nullopt;
}

void Options::apply(Option& option, const Values& values, const std::string& where) {
  if (values.empty() && !option.repeatable) throw UsageError(where + ": needs a value");
  if (option.clear) option.clear();
  // Of a flag given twice the last holds.
  for (std::size_t i = option.repeatable ? 0 : values.size() - 1; i < values.size(); ++i) {
    Result<> outcome = check_choice(option.about.choices, values[i]);
    if (outcome.has_value()) outcome = option.set(values[i]);
    if (outcome.has_error()) throw UsageError(where + ": " + outcome.error().message);
  }
  given_[option.name] = where;
}

std::string Options::environment_name(std::string_view option) const {
  std::string name = program_ + "_" + std::string(option);
  for (char& c : name) {
    if (c == '-') c = '_';
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return name;
}

std::string Options::help() const {
  std::vector<Option> all = options_;
  const auto add = [&all](std::string name, std::string metavar, std::string text) {
    Option option;
    option.name = std::move(name);
    option.group = "General";
    option.is_flag = metavar.empty();
    option.about.metavar = std::move(metavar);
    option.about.help = std::move(text);
    all.push_back(std::move(option));
  };
  add("config", "FILE.toml", "read options from this file");
  add("help", "", "print this text");
  add("version", "", "print the version");
  const std::string example = options_.empty() ? "config" : options_.front().name;
  return help_text(program_, summary_, all,
                   "Every option is also an environment variable (--" + example + " is " + environment_name(example) +
                       ") and a key of the --config file (" + example +
                       " = \"...\"). A flag beats the environment, the environment beats the file.");
}

std::string Options::version() const {
  return program_ + " " LOADBEARING_VERSION "\n";
}

Result<std::uint64_t> Options::parse_integer(std::string_view text, std::int64_t min, std::uint64_t max) {
  const auto refused = [&]() -> Result<std::uint64_t> {
    return Error{Failure::invalid, "'" + std::string(text) + "' is not a whole number from " + std::to_string(min) +
                                       " to " + std::to_string(max)};
  };
  const char* const end = text.data() + text.size();
  if (text.starts_with('-')) {
    std::int64_t value = 0;
    const auto [at, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || at != end || value < min) return refused();
    return static_cast<std::uint64_t>(value);
  }
  std::uint64_t value = 0;
  const auto [at, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || at != end || value > max) return refused();
  return value;
}

Result<std::uint64_t> Options::parse_bytes(std::string_view text, std::uint64_t max) {
  auto value = parse_size(text);
  if (value.has_value() && *value > max) {
    return Error{Failure::invalid, "'" + std::string(text) + "' is above " + format_size(max)};
  }
  return value;
}

Result<Duration> Options::parse_whole(std::string_view text, Duration unit) {
  auto value = parse_duration(text);
  if (value.has_value() && *value % unit != Duration{0}) {
    return Error{Failure::invalid, "'" + std::string(text) + "' is finer than " + format_duration(unit)};
  }
  return value;
}

std::string Options::show(Duration duration) {
  return format_duration(duration);
}

std::string Options::show_size(std::uint64_t bytes) {
  return format_size(bytes);
}

}  // namespace common
