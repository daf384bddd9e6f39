// One line per event, to stderr: text for people, or JSON (one object a line) for machines.
//
//   log::info("listening", {{"url", url}});
//
// Thread-safe. A message is a fixed phrase; whatever varies is a field, so that lines can be searched and
// counted. Fields are escaped: nothing a client sends can forge a line. spdlog does the writing.

#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace common::log {

enum class Level { trace, debug, info, warn, error, off };
enum class Format { text, json };

struct Field {
  std::string_view name;
  std::variant<std::string_view, std::int64_t, double, bool> value;

  Field(std::string_view n, std::string_view v) : name(n), value(v) {}
  Field(std::string_view n, const char* v) : name(n), value(std::string_view(v)) {}
  Field(std::string_view n, const std::string& v) : name(n), value(std::string_view(v)) {}
  Field(std::string_view n, bool v) : name(n), value(v) {}
  Field(std::string_view n, double v) : name(n), value(v) {}
  template <std::integral Integer>
  Field(std::string_view n, Integer v) : name(n), value(static_cast<std::int64_t>(v)) {}
};

// Call once, before threads start. The default is info, text.
void configure(Level level, Format format);

bool enabled(Level level) noexcept;
void write(Level level, std::string_view message, std::span<const Field> fields);

inline void write(Level level, std::string_view message, std::initializer_list<Field> fields) {
  if (enabled(level)) write(level, message, std::span(fields.begin(), fields.size()));
}
inline void debug(std::string_view message, std::initializer_list<Field> fields = {}) {
  write(Level::debug, message, fields);
}
inline void info(std::string_view message, std::initializer_list<Field> fields = {}) {
  write(Level::info, message, fields);
}
inline void warn(std::string_view message, std::initializer_list<Field> fields = {}) {
  write(Level::warn, message, fields);
}
inline void error(std::string_view message, std::initializer_list<Field> fields = {}) {
  write(Level::error, message, fields);
}

// One event as one line, without the newline: exposed so that the escaping can be tested.
std::string format_line(Format format, Level level, std::string_view time, std::string_view message,
                        std::span<const Field> fields);

}  // namespace common::log
