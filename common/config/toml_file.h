// A flat TOML file as keys and texts: what Options needs of one. toml++ does the reading.

#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace common {

struct TomlSetting {
  std::string key;
  std::vector<std::string> values;  // one, or the members of an array
  std::size_t line = 0;             // from 1
};

// The top-level keys of `path`, whose values are strings, whole numbers, booleans, or arrays of
// these, each as the text that a flag would have. Throws UsageError("FILE:LINE: …") for anything
// else, and for a file that is missing or not TOML.
std::vector<TomlSetting> read_toml_settings(const std::string& path);

}  // namespace common
