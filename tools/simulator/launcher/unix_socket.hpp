// Unix stream sockets by path.
#pragma once

#include <filesystem>

#include "common/files.hpp"

namespace azure::iot::device::simulator {

// Throws if the path is too long for a socket, or in use.
Fd listen_unix(const std::filesystem::path& path);

// Returns an empty Fd if no process listens there.
Fd connect_unix(const std::filesystem::path& path);

}  // namespace azure::iot::device::simulator
