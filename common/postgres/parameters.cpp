#include "common/postgres/parameters.h"

namespace common::postgres {

void Parameters::add(std::string_view text) {
  const std::size_t begin = bytes_.size();
  append(text);
  sendable_ = sendable_ && text.find('\0') == std::string_view::npos;
  close(begin, 0);
}

void Parameters::add(Bytea bytea) {
  const std::size_t begin = bytes_.size();
  append(bytea.bytes);
  close(begin, 1);
}

void Parameters::append_element(std::string_view text) {
  sendable_ = sendable_ && text.find('\0') == std::string_view::npos;
  bytes_.push_back('"');
  for (const char c : text) {
    if (c == '"' || c == '\\') bytes_.push_back('\\');
    bytes_.push_back(c);
  }
  bytes_.push_back('"');
}

void Parameters::close(std::size_t begin, int format) {
  slots_.push_back({begin, static_cast<int>(bytes_.size() - begin), format});
  bytes_.push_back('\0');
}

Parameters::Wire Parameters::wire() const {
  Wire wire;
  for (const Slot& slot : slots_) {
    wire.values.push_back(slot.length < 0 ? nullptr : bytes_.data() + slot.begin);
    wire.lengths.push_back(slot.length);
    wire.formats.push_back(slot.format);
  }
  return wire;
}

}  // namespace common::postgres
