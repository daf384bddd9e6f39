// The time formats of common/text.h, digit by digit: std::format is not in GCC 12 and strftime is
// slow.

#include <algorithm>
#include <chrono>

#include "common/text.h"

namespace common {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;
using std::chrono::microseconds;
using std::chrono::sys_days;
using std::chrono::year_month_day;

constexpr TimePoint earliest =
    sys_days{year_month_day{std::chrono::year{0}, std::chrono::January, std::chrono::day{1}}};
constexpr TimePoint latest =
    TimePoint{sys_days{year_month_day{std::chrono::year{10000}, std::chrono::January, std::chrono::day{1}}}} -
    microseconds{1};

struct Civil {
  unsigned year, month, day, hour, minute, second, millisecond;
  std::size_t weekday;  // 0 is Sunday
};

Civil civil(TimePoint time) {
  time = std::clamp(time, earliest, latest);
  const sys_days date = std::chrono::floor<days>(time);
  const year_month_day ymd{date};
  const auto of_day =
      static_cast<unsigned>(std::chrono::floor<std::chrono::milliseconds>(time - TimePoint{date}).count());
  return {.year = static_cast<unsigned>(static_cast<int>(ymd.year())),
          .month = static_cast<unsigned>(ymd.month()),
          .day = static_cast<unsigned>(ymd.day()),
          .hour = of_day / 3'600'000,
          .minute = of_day / 60'000 % 60,
          .second = of_day / 1000 % 60,
          .millisecond = of_day % 1000,
          .weekday = std::chrono::weekday{date}.c_encoding()};
}

void put(char* at, unsigned value, int digits) {
  for (int i = digits; i-- > 0; value /= 10)
    at[i] = static_cast<char>('0' + value % 10);
}

// Reads fixed-width numbers and marks from the front of a text; remembers whether all went well.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  int number(std::size_t digits, int low, int high) {
    int value = 0;
    if (rest_.size() < digits) return fail();
    for (std::size_t i = 0; i < digits; ++i) {
      if (rest_[i] < '0' || rest_[i] > '9') return fail();
      value = value * 10 + (rest_[i] - '0');
    }
    rest_.remove_prefix(digits);
    return value < low || value > high ? fail() : value;
  }

  char mark(std::string_view allowed) {
    if (rest_.empty() || allowed.find(rest_[0]) == std::string_view::npos) {
      fail();
      return '\0';
    }
    const char c = rest_[0];
    rest_.remove_prefix(1);
    return c;
  }

  // The optional ".123456789": at least one digit, cut to microseconds.
  microseconds fraction() {
    if (rest_.empty() || rest_[0] != '.') return 0us;
    rest_.remove_prefix(1);
    microseconds value{0};
    microseconds unit = 100ms;
    std::size_t digits = 0;
    for (; digits < rest_.size() && rest_[digits] >= '0' && rest_[digits] <= '9'; ++digits) {
      value += unit * (rest_[digits] - '0');
      unit /= 10;
    }
    if (digits == 0) fail();
    rest_.remove_prefix(digits);
    return value;
  }

  bool finished() const { return good_ && rest_.empty(); }

 private:
  int fail() {
    good_ = false;
    return 0;
  }

  std::string_view rest_;
  bool good_ = true;
};

}  // namespace

std::string format_rfc3339(TimePoint time) {
  const Civil c = civil(time);
  std::string text = "0000-00-00T00:00:00.000Z";
  put(&text[0], c.year, 4);
  put(&text[5], c.month, 2);
  put(&text[8], c.day, 2);
  put(&text[11], c.hour, 2);
  put(&text[14], c.minute, 2);
  put(&text[17], c.second, 2);
  put(&text[20], c.millisecond, 3);
  return text;
}

std::string day_string(TimePoint time) {
  return format_rfc3339(time).substr(0, 10);
}

std::string format_http_date(TimePoint time) {
  static constexpr std::string_view weekdays = "SunMonTueWedThuFriSat";
  static constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const Civil c = civil(time);
  std::string text = "Ddd, 00 Mmm 0000 00:00:00 GMT";
  text.replace(0, 3, weekdays.substr(c.weekday * 3, 3));
  put(&text[5], c.day, 2);
  text.replace(8, 3, months.substr(std::size_t{c.month - 1} * 3, 3));
  put(&text[12], c.year, 4);
  put(&text[17], c.hour, 2);
  put(&text[20], c.minute, 2);
  put(&text[23], c.second, 2);
  return text;
}

std::optional<TimePoint> parse_rfc3339(std::string_view text) {
  Reader in(text);
  const int year = in.number(4, 0, 9999);
  in.mark("-");
  const int month = in.number(2, 1, 12);
  in.mark("-");
  const int day = in.number(2, 1, 31);
  in.mark("Tt");
  const int hour = in.number(2, 0, 23);
  in.mark(":");
  const int minute = in.number(2, 0, 59);
  in.mark(":");
  const int second = in.number(2, 0, 59);
  const microseconds fraction = in.fraction();
  const char zone = in.mark("Zz+-");
  std::chrono::minutes offset{0};
  if (zone == '+' || zone == '-') {
    offset = std::chrono::hours{in.number(2, 0, 23)};
    in.mark(":");
    offset += std::chrono::minutes{in.number(2, 0, 59)};
    if (zone == '-') offset = -offset;
  }
  if (!in.finished()) return std::nullopt;

  const year_month_day date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                            std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok()) return std::nullopt;
  const TimePoint time = TimePoint{sys_days{date}} + std::chrono::hours{hour} + std::chrono::minutes{minute} +
                         std::chrono::seconds{second} + fraction - offset;
  if (time < earliest || time > latest) return std::nullopt;
  return time;
}

}  // namespace common
