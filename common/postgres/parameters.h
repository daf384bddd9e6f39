// The values of one statement's parameters, $1, $2, …, in the form that goes over the wire. Pure.
//
//   text        std::string_view and what converts to it     sent as it is: the server reads it as whatever type the
//                                                            parameter has, so it may also hold a uuid, json, inet
//   bigint …    any integer                                  boolean      bool
//   bigint      TimePoint, in microseconds                   bytea        Bytea
//   NULL        std::nullopt, an empty std::optional         type[]       a range of any of these but Bytea: for
//                                                                         unnest() and = ANY()
//
// Everything is sent as text, but for the bytes of a bytea, and the server infers each parameter's type from where it
// stands. The binary form must have exactly the inferred type: eight bytes for an `integer` column are an error, and
// a uuid would need a type here. Where there is nothing to infer from, say it: $1::bigint[].

#pragma once

#include <boost/container/small_vector.hpp>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <optional>
#include <ranges>
#include <string_view>

#include "common/clock.h"

namespace common::postgres {

// Bytes that are not text.
struct Bytea {
  std::string_view bytes;
};

template <class T>
concept Number = std::integral<T> && !std::same_as<T, bool>;

template <class T>
concept Elements = std::ranges::input_range<T> && !std::convertible_to<const T&, std::string_view>;

class Parameters {
 public:
  // How the values stand in memory when libpq takes them. Valid until the Parameters change or move.
  struct Wire {
    boost::container::small_vector<const char*, 16> values;  // null: NULL
    boost::container::small_vector<int, 16> lengths;         // read for binary values only
    boost::container::small_vector<int, 16> formats;         // 0 text, 1 binary
  };

  Parameters() = default;

  // Copies all values: nothing of the arguments need live on.
  template <class... Arguments>
  static Parameters of(const Arguments&... arguments) {
    Parameters parameters;
    (parameters.add(arguments), ...);
    return parameters;
  }

  std::size_t size() const noexcept { return slots_.size(); }
  Wire wire() const;

  // False when a text holds a NUL byte. PostgreSQL stores none, and libpq would cut the text short there.
  bool sendable() const noexcept { return sendable_; }

 private:
  struct Slot {
    std::size_t begin;  // in bytes_
    int length;         // -1: NULL
    int format;
  };

  void add(std::string_view text);
  void add(Bytea bytea);
  void add(std::nullopt_t) { slots_.push_back({0, -1, 0}); }
  void add(TimePoint time) { add(time.time_since_epoch().count()); }
  template <std::same_as<bool> Bool>
  void add(Bool value) {
    add(value ? std::string_view("t") : std::string_view("f"));
  }
  template <Number Integer>
  void add(Integer value) {
    const std::size_t begin = bytes_.size();
    append(value);
    close(begin, 0);
  }
  template <class T>
  void add(const std::optional<T>& value) {
    if (value) {
      add(*value);
    } else {
      add(std::nullopt);
    }
  }
  // PostgreSQL's manual, section 8.15.2: {1,2,NULL}, {"a","say \"b\""}.
  template <Elements Range>
  void add(const Range& elements) {
    const std::size_t begin = bytes_.size();
    char before = '{';
    for (const auto& element : elements) {
      bytes_.push_back(before);
      append_element(element);
      before = ',';
    }
    if (before == '{') bytes_.push_back('{');
    bytes_.push_back('}');
    close(begin, 0);
  }

  void append_element(std::string_view text);
  void append_element(TimePoint time) { append(time.time_since_epoch().count()); }
  template <std::same_as<bool> Bool>
  void append_element(Bool value) {
    bytes_.push_back(value ? 't' : 'f');
  }
  template <Number Integer>
  void append_element(Integer value) {
    append(value);
  }
  template <class T>
  void append_element(const std::optional<T>& value) {
    if (value) {
      append_element(*value);
    } else {
      append(std::string_view("NULL"));
    }
  }

  void append(std::string_view text) { bytes_.insert(bytes_.end(), text.begin(), text.end()); }
  template <Number Integer>
  void append(Integer value) {
    char digits[24];
    const auto [end, error] = std::to_chars(digits, digits + sizeof digits, value);
    append(std::string_view(digits, end));
  }
  // What was appended since `begin` is a value.
  void close(std::size_t begin, int format);

  boost::container::small_vector<char, 160> bytes_;  // the values, each with a NUL behind it; usually no allocation
  boost::container::small_vector<Slot, 8> slots_;
  bool sendable_ = true;
};

}  // namespace common::postgres
