#pragma once

#include <string>

#include "../loop/time.hpp"

namespace azure::iot::device {

// A time of day for people: "2030-01-02 03:04:05 UTC".
std::string utc_text(WallTime time);

}  // namespace azure::iot::device
