// Unix stream sockets by path.
#pragma once

#include <filesystem>

#include "common/files.hpp"

namespace azure::iot::device::simulator {

// Throws when the path is too long for a socket, or taken.
Fd listen_unix(const std::filesystem::path& path);

// An empty Fd when nobody listens there.
Fd connect_unix(const std::filesystem::path& path);

}  // namespace azure::iot::device::simulator
