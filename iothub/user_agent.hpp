#pragma once

#include <string>
#include <string_view>

#include "../pipeline/text/user_agent.hpp"

namespace azure::iot::device {

// Returns the user agent of a client of IoT Hub: "azure-iot-device-iothub-cpp/0.1.0(gcc
// 12.2.0;Linux #1 SMP Debian 6.1;x86_64)".
std::string get_iothub_user_agent(const PlatformInfo& platform = this_platform());

// Returns the MQTT client id: the device's id, or "device/module". A device has an empty module id.
std::string get_hub_client_id(std::string_view device_id, std::string_view module_id);

// Returns the MQTT user name. `product_info` is the application's addition to the user agent. If it
// names a model ("dtmi:..."), it is sent as the model id instead.
std::string get_hub_username(std::string_view hostname, std::string_view client_id,
                             std::string_view user_agent, std::string_view product_info);

}  // namespace azure::iot::device
