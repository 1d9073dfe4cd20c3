// Devices that a provisioning service has assigned to a hub: a file for each, in the hub's folder.
// The service and the hub run in brokers of their own.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace azure::iot::device::simulator {

// The credential of a provisioned device: one of the two, the other is empty.
struct ProvisionedCredential {
  std::string key;         // The key that signs its tokens, in Base64.
  std::string thumbprint;  // That of its certificate: SHA-256, in lower-case hexadecimal digits.
};

// Registers the device with the hub that keeps its state in that folder, with this credential,
// until it is assigned to another hub.
void provision(const std::filesystem::path& hub, std::string_view device_id,
               const ProvisionedCredential& credential);
// Returns false if no provisioning service had assigned the device to this hub.
bool deprovision(const std::filesystem::path& hub, std::string_view device_id);

// Returns the credential of a device that is assigned to the hub now.
std::optional<ProvisionedCredential> provisioned_credential(const std::filesystem::path& hub,
                                                            std::string_view device_id);

}  // namespace azure::iot::device::simulator
