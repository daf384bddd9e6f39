#include "common/log.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <array>
#include <atomic>
#include <charconv>
#include <cmath>
#include <memory>

#include "common/clock.h"
#include "common/json.h"
#include "common/text.h"

namespace common::log {
namespace {

constexpr std::array<const char*, 6> level_names = {"trace", "debug", "info", "warn", "error", "off"};
constexpr std::array<spdlog::level::level_enum, 6> spdlog_levels = {spdlog::level::trace, spdlog::level::debug,
                                                                    spdlog::level::info,  spdlog::level::warn,
                                                                    spdlog::level::err,   spdlog::level::off};

std::atomic<Level> threshold{Level::info};
std::atomic<Format> chosen_format{Format::text};

// Lines arrive whole, so spdlog adds nothing; its sink's mutex keeps them whole. Never destroyed:
// code that runs while the process ends may still log.
spdlog::logger& logger() {
  static auto* const instance = [] {
    auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    sink->set_pattern("%v");
    auto* const made = new spdlog::logger("loadbearing", std::move(sink));
    made->set_level(spdlog::level::trace);
    return made;
  }();
  return *instance;
}

void append_number(std::string& out, auto value) {
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), end);
}

// What a terminal or a line reader would act on, written as \n, \t, \" or \u0085. Otherwise UTF-8
// as it is.
void append_escaped(std::string& out, std::string_view text, bool in_quotes) {
  const std::string clean = valid_utf8(text) ? std::string() : replace_invalid_utf8(text);
  if (!clean.empty()) text = clean;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const bool c1_control = c == 0xC2 && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if (in_quotes && (c == '"' || c == '\\')) {
      out.push_back('\\');
      out.push_back(text[i]);
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c < 0x20 || c == 0x7F || c1_control) {
      const unsigned code = c1_control ? static_cast<unsigned char>(text[++i]) : c;
      const auto digits = hex_digits(code);
      out.append("\\u").append(digits.data() + 12, 4);
    } else if (text.substr(i, 3) == "\u2028" || text.substr(i, 3) == "\u2029") {
      out += text.substr(i, 3) == "\u2028" ? "\\u2028" : "\\u2029";
      i += 2;
    } else {
      out.push_back(text[i]);
    }
  }
}

bool bare(std::string_view text) {
  for (const char c : text) {
    if (c <= ' ' || c >= 0x7F || c == '"' || c == '=' || c == '\\') return false;
  }
  return !text.empty();
}

void append_text_value(std::string& out, std::string_view text) {
  if (bare(text)) {
    out += text;
    return;
  }
  out.push_back('"');
  append_escaped(out, text, true);
  out.push_back('"');
}

void append_value(std::string& out, Format format, const Field& field) {
  if (const auto* text = std::get_if<std::string_view>(&field.value)) {
    if (format == Format::json) {
      out += json_quote(*text);
    } else {
      append_text_value(out, *text);
    }
  } else if (const auto* integer = std::get_if<std::int64_t>(&field.value)) {
    append_number(out, *integer);
  } else if (const auto* number = std::get_if<double>(&field.value)) {
    if (format == Format::json && !std::isfinite(*number)) {
      out += "null";  // JSON has neither infinities nor NaN
    } else {
      append_number(out, *number);
    }
  } else {
    out += std::get<bool>(field.value) ? "true" : "false";
  }
}

}  // namespace

void configure(Level level, Format format) {
  threshold = level;
  chosen_format = format;
}

bool enabled(Level level) noexcept {
  return level != Level::off && level >= threshold.load(std::memory_order_relaxed);
}

void write(Level level, std::string_view message, std::span<const Field> fields) {
  if (!enabled(level)) return;
  const std::string time = format_rfc3339(SystemClock{}.now());
  const std::string line = format_line(chosen_format.load(std::memory_order_relaxed), level, time, message, fields);
  logger().log(spdlog_levels[static_cast<std::size_t>(level)], spdlog::string_view_t(line.data(), line.size()));
}

std::string format_line(Format format, Level level, std::string_view time, std::string_view message,
                        std::span<const Field> fields) {
  const char* const level_name = level_names[static_cast<std::size_t>(level)];
  std::string line;
  line.reserve(160);
  if (format == Format::json) {
    line.append("{\"time\":").append(json_quote(time));
    line.append(",\"level\":\"").append(level_name).append("\",\"message\":");
    line += json_quote(message);
    for (const Field& field : fields) {
      line.append(",").append(json_quote(field.name)).append(":");
      append_value(line, format, field);
    }
    line.push_back('}');
    return line;
  }
  line.append(time).append(" ").append(level_name).append(" ");
  append_escaped(line, message, false);
  for (const Field& field : fields) {
    line.append(" ").append(field.name).append("=");
    append_value(line, format, field);
  }
  return line;
}

}  // namespace common::log
