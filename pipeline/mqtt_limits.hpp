#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "error.hpp"

namespace azure::iot::device {

// The longest text that MQTT can carry: its length is written in two bytes (MQTT 3.1.1
// clause 1.5.3).
inline constexpr std::size_t kMqttTextSizeLimit = 65535;

// Checks the length of a topic. `what` begins the error: "message: the topic, which holds the
// properties,".
inline Error check_topic_size(std::string_view what, std::size_t size) {
  if (size <= kMqttTextSizeLimit) return {};
  return Error(Errc::bad_content, std::string(what) + " must not exceed " +
                                      std::to_string(kMqttTextSizeLimit) + " bytes; got " +
                                      std::to_string(size));
}

}  // namespace azure::iot::device
