// Certificates that a running broker trusts besides those that it was started with. It looks for
// them when a device connects, and so needs no restart, except for WebSockets.
#pragma once

#include <filesystem>
#include <string_view>

namespace azure::iot::device::simulator {

// Their place in the folder of a run.
std::filesystem::path trusted_directory(const std::filesystem::path& run);

// Adds the certificates in a PEM text to the run in that folder: authorities, or self-signed ones
// of devices. Of two with the same subject OpenSSL may find only the first. They stay in the
// folder, for devices that registered with them. Throws std::invalid_argument for the 65th with one
// subject.
void trust(const std::filesystem::path& run, std::string_view pem);

}  // namespace azure::iot::device::simulator
