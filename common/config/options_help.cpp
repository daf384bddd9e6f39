#include "common/config/options_help.h"

#include <algorithm>

namespace common {
namespace {

constexpr std::size_t name_column = 2;
constexpr std::size_t text_column = 30;
constexpr std::size_t choice_column = text_column + 2;
constexpr std::size_t choice_gap = 2;

// Characters, not bytes: a name may hold an ellipsis.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

// Appends the words of `text` to `out`, whose last line is `column` wide, going on at `indent` when
// full.
void append_wrapped(std::string& out, std::string_view text, std::size_t column, std::size_t indent) {
  bool first = true;
  while (!text.empty()) {
    const std::size_t space = text.find(' ');
    const std::string_view word = text.substr(0, space);
    text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
    if (!first && column + 1 + width(word) > help_columns) {
      out.append("\n").append(indent, ' ');
      column = indent;
    } else if (!first) {
      out.push_back(' ');
      ++column;
    }
    out.append(word);
    column += width(word);
    first = false;
  }
  out.push_back('\n');
}

// Goes to `column` on the line that is `from` wide, or on a fresh one when fewer than two spaces
// remain.
void go_to(std::string& out, std::size_t from, std::size_t column) {
  if (from + 2 > column) {
    out.push_back('\n');
    from = 0;
  }
  out.append(column - from, ' ');
}

bool choices_are_explained(const Option& option) {
  return std::any_of(option.about.choices.begin(), option.about.choices.end(),
                     [](const TextChoice& choice) { return !choice.help.empty(); });
}

std::string joined_choices(const Option& option) {
  std::string joined;
  for (const TextChoice& choice : option.about.choices) {
    if (!joined.empty()) joined.push_back('|');
    joined += choice.name;
  }
  return joined;
}

void append_choices(std::string& out, const Option& option) {
  std::size_t widest = 0;
  for (const TextChoice& choice : option.about.choices)
    widest = std::max(widest, width(choice.name));
  const std::size_t meaning = choice_column + std::min<std::size_t>(widest, 24) + choice_gap;
  for (const TextChoice& choice : option.about.choices) {
    out.append(choice_column, ' ').append(choice.name);
    if (choice.help.empty()) {
      out.push_back('\n');
      continue;
    }
    go_to(out, choice_column + width(choice.name), meaning);
    append_wrapped(out, choice.help, meaning, meaning);
  }
}

void append_option(std::string& out, const Option& option) {
  const bool explained = choices_are_explained(option);
  std::string head = "--" + option.name;
  if (!option.about.choices.empty() && !explained) {
    head += " " + joined_choices(option);
  } else if (!option.is_flag) {
    head += " " + option.about.metavar;
  }
  std::string text = option.about.help;
  if (option.repeatable) text += "; may be repeated";
  const std::string& shown = option.about.default_text.empty() ? option.default_value : option.about.default_text;
  if (!option.is_flag || !shown.empty()) text += " (default " + (shown.empty() ? "none" : shown) + ")";

  out.append(name_column, ' ').append(head);
  go_to(out, name_column + width(head), text_column);
  append_wrapped(out, text, text_column, text_column);
  if (explained) append_choices(out, option);
}

}  // namespace

std::string help_text(std::string_view program, std::string_view summary, std::span<const Option> options,
                      std::string_view footer) {
  std::string out;
  out.append(program).append(": ").append(summary).append("\n\n");
  out.append("usage: ").append(program).append(" [OPTIONS]\n");
  std::string_view group;
  for (const Option& option : options) {
    if (option.group != group || &option == options.data()) {
      out.append("\n").append(option.group).append("\n");
    }
    group = option.group;
    append_option(out, option);
  }
  out.push_back('\n');
  append_wrapped(out, footer, 0, 0);
  return out;
}

}  // namespace common
