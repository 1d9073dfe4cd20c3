// Certificates that a broker trusts beside those that it was started with. It looks for them when a
// device connects, and so need not be started again; but not for a WebSocket.
#pragma once

#include <filesystem>
#include <string_view>

namespace azure::iot::device::simulator {

// Where they lie in the folder of a run.
std::filesystem::path trusted_directory(const std::filesystem::path& run);

// Adds those in a PEM text for the run in that folder: authorities, or what a device shows that
// signed itself. Of two that name the same holder OpenSSL may find the first alone. They stay with
// the folder, for devices that registered with them; throws std::invalid_argument for one holder's
// 65th.
void trust(const std::filesystem::path& run, std::string_view pem);

}  // namespace azure::iot::device::simulator
