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
inline constexpr std::size_t kTwinSizeLimit = 32768;  // The rule of counting: check_reported_patch.
inline constexpr std::size_t kTwinKeySizeLimit = 1024;               // Bytes of UTF-8.
inline constexpr std::size_t kTwinStringSizeLimit = 4096;            // Bytes of UTF-8.
inline constexpr std::int64_t kTwinIntegerLimit = 4503599627370496;  // Either sign.
inline constexpr int kTwinDepthLimit = 10;  // Objects, one inside the other, below the patch.

}  // namespace azure::iot::device

// Checks of what is sent to IoT Hub, before anything is queued. The hub does not answer most of
// what breaks its limits, but ends the connection. Pure, any thread. The error, Errc::bad_content,
// begins with the name of the argument and says which rule is broken.
namespace azure::iot::device::iothub_limits {

// Checks the sizes, and that all texts but the payload are UTF-8. `topic_base` is the length of the
// topic without the properties.
Error check_message(const Message& message, std::size_t topic_base);
Error check_message_sizes(std::size_t payload, std::size_t properties, std::size_t topic_base);
// Whether check_message_sizes has nothing to say.
constexpr bool fits(std::size_t payload, std::size_t properties, std::size_t topic_base) {
  return payload + properties <= kTelemetryMessageSizeLimit &&
         topic_base + properties <= kMqttTextSizeLimit;
}

Error check_method_response(const MethodResponse& response);
Error check_method_response_sizes(std::size_t payload, std::size_t topic);

// Checks the keys, the values and the size of a patch. The size is counted as the service does: the
// characters of keys and texts without control characters, 8 for a number, 4 for a boolean. A
// member that is null is deleted and does not count. A patch that is no object is left to the
// service.
Error check_reported_patch(const Json& patch);

}  // namespace azure::iot::device::iothub_limits
