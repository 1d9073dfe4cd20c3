#include "pipeline/text/utc_text.hpp"

#include <algorithm>
#include <cstdio>

namespace azure::iot::device {

std::string utc_text(std::chrono::sys_seconds time) {
  using namespace std::chrono;
  constexpr sys_seconds kFirst = sys_days(year(0) / 1 / 1);
  constexpr sys_seconds kLast = sys_days(year(10000) / 1 / 1) - seconds(1);
  time = std::clamp(time, kFirst, kLast);
  const auto midnight = floor<days>(time);
  const year_month_day date(midnight);
  const hh_mm_ss clock(time - midnight);
  char text[96];
  std::snprintf(text, sizeof text, "%04d-%02u-%02u %02d:%02d:%02d UTC",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text;
}

}  // namespace azure::iot::device
