#pragma once

#include <chrono>
#include <string>

#include "../loop/time.hpp"

namespace azure::iot::device {

// Formats a time for people: "2030-01-02 03:04:05 UTC". A time outside the years 0 to 9999 is shown
// as their first or last second.
std::string utc_text(std::chrono::sys_seconds time);
template <class Duration>
std::string utc_text(std::chrono::sys_time<Duration> time) {
  return utc_text(std::chrono::floor<std::chrono::seconds>(time));
}

}  // namespace azure::iot::device
