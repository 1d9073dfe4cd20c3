// The rules of IoT Hub and its provisioning service for ids.
#pragma once

#include <string_view>

namespace azure::iot::device::simulator {

// Of a device or a module: 1 to 128 letters and digits of ASCII, and `-._:%*?!(),=@;$'`. The
// registry also takes `+` and `#`, which no MQTT topic may have.
bool is_identity_id(std::string_view text);
inline constexpr std::string_view kIdentityIdRule =
    "must be 1 to 128 letters, digits and -._:%*?!(),=@;$'";

// Of a registration: 1 to 128 letters and digits of ASCII, and `-._:`; the last is a letter, a
// digit or `-`.
bool is_registration_id(std::string_view text);
inline constexpr std::string_view kRegistrationIdRule =
    "must be 1 to 128 letters, digits and -._:, and end in a letter, a digit or -";

}  // namespace azure::iot::device::simulator
