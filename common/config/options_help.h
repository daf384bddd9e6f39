// The text of --help: options in their groups, every choice and default named, wrapped at 100
// columns. Pure.

#pragma once

#include <span>
#include <string>
#include <string_view>

#include "common/config/options.h"

namespace common {

inline constexpr std::size_t help_columns = 100;

// `footer` is wrapped and comes last.
std::string help_text(std::string_view program, std::string_view summary, std::span<const Option> options,
                      std::string_view footer);

}  // namespace common
