// Devices that a provisioning service has given to a hub: a file for each, in the hub's folder. The
// two run in brokers of their own.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace azure::iot::device::simulator {

// Makes the device known to the hub that keeps its state in that folder, with this key, until it is
// given to another.
void provision(const std::filesystem::path& hub, std::string_view device_id, std::string_view key);
// False if the hub did not know it by a provisioning service.
bool deprovision(const std::filesystem::path& hub, std::string_view device_id);

// The key of a device that was given to the hub; nothing if it was not, or is not any more.
std::optional<std::string> provisioned_key(const std::filesystem::path& hub,
                                           std::string_view device_id);

}  // namespace azure::iot::device::simulator
