#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "../pipeline/error.hpp"
#include "../pipeline/mqtt_limits.hpp"

namespace azure::iot::device {

class Json;
struct Message;
struct MethodResponse;

// Telemetry, payload and properties: "IoT Hub quotas and throttling", device-to-cloud messaging.
inline constexpr std::size_t kTelemetryMessageSizeLimit = 262144;
// The payload of a method response: "Understand and invoke direct methods from IoT Hub".
inline constexpr std::size_t kMethodResponseSizeLimit = 131072;

// Reported properties: "Understand and use device twins in IoT Hub", section "Tags and properties
// format" and "Device twin size".
inline constexpr std::size_t kTwinSizeLimit = 32768;       // Counted as in check_reported_patch.
inline constexpr std::size_t kTwinKeySizeLimit = 1024;     // Bytes of UTF-8.
inline constexpr std::size_t kTwinStringSizeLimit = 4096;  // Bytes of UTF-8.
inline constexpr std::int64_t kTwinIntegerLimit = 4503599627370496;  // Either sign.
inline constexpr int kTwinDepthLimit = 10;  // Objects, one inside the other, below the patch.

}  // namespace azure::iot::device

// Checks data sent to IoT Hub before it is queued. If a limit is exceeded, the hub in most cases
// closes the connection without an answer. Pure functions, any thread. The error,
// Errc::bad_content, begins with the name of the argument and states the broken rule.
namespace azure::iot::device::iothub_limits {

// Checks the sizes, and that all texts except the payload are UTF-8. `topic_base` is the length of
// the topic without the properties.
Error check_message(const Message& message, std::size_t topic_base);
Error check_message_sizes(std::size_t payload, std::size_t properties, std::size_t topic_base);
// Returns whether check_message_sizes finds no error.
constexpr bool fits(std::size_t payload, std::size_t properties, std::size_t topic_base) {
  return payload + properties <= kTelemetryMessageSizeLimit &&
         topic_base + properties <= kMqttTextSizeLimit;
}

Error check_method_response(const MethodResponse& response);
Error check_method_response_sizes(std::size_t payload, std::size_t topic);

// Checks the keys, the values and the size of a patch. The size is counted as the service counts
// it: the characters of keys and texts without control characters, 8 for a number, 4 for a boolean.
// A member that is null deletes a property and does not count. A patch that is not an object is not
// checked here.
Error check_reported_patch(const Json& patch);

}  // namespace azure::iot::device::iothub_limits
