#include "common/config/toml_file.h"

#include <toml++/toml.h>

#include <fstream>
#include <optional>

#include "common/config/options.h"

namespace common {
namespace {

std::optional<std::string> as_text(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return std::to_string(number->get());
  if (const auto* truth = node.as_boolean()) return truth->get() ? "true" : "false";
  return std::nullopt;
}

std::string place(const std::string& path, std::size_t line) {
  return path + ":" + std::to_string(line) + ": ";
}

TomlSetting as_setting(const std::string& path, const toml::key& key, const toml::node& node) {
  TomlSetting setting{std::string(key.str()), {}, key.source().begin.line};
  const auto add = [&](const toml::node& value) {
    const std::optional<std::string> text = as_text(value);
    if (!text) {
      throw UsageError(place(path, setting.line) + setting.key + ": write a string, a whole number, true or false");
    }
    setting.values.push_back(*text);
  };
  if (const auto* array = node.as_array()) {
    for (const toml::node& value : *array)
      add(value);
  } else {
    add(node);
  }
  return setting;
}

}  // namespace

std::vector<TomlSetting> read_toml_settings(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw UsageError("--config: cannot read '" + path + "'");
  try {
    std::vector<TomlSetting> settings;
    for (const auto& [key, node] : toml::parse(file, path)) {
      settings.push_back(as_setting(path, key, node));
    }
    return settings;
  } catch (const toml::parse_error& error) {
    throw UsageError(place(path, error.source().begin.line) + std::string(error.description()));
  }
}

}  // namespace common
