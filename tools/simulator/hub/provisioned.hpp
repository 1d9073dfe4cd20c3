// Devices that a provisioning service has given to a hub: a file for each, in the hub's folder. The
// two run in brokers of their own.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace azure::iot::device::simulator {

// What a device shows that was given to a hub: one of both.
struct ProvisionedCredential {
  std::string key;         // What signs its tokens. Base64.
  std::string thumbprint;  // Of its certificate: SHA-256, in lower-case hexadecimal digits.
};

// Makes the device known to the hub that keeps its state in that folder, with this credential,
// until it is given to another.
void provision(const std::filesystem::path& hub, std::string_view device_id,
               const ProvisionedCredential& credential);
// False if the hub did not know it by a provisioning service.
bool deprovision(const std::filesystem::path& hub, std::string_view device_id);

// That of a device that was given to the hub; nothing if it was not, or is not any more.
std::optional<ProvisionedCredential> provisioned_credential(const std::filesystem::path& hub,
                                                            std::string_view device_id);

}  // namespace azure::iot::device::simulator
