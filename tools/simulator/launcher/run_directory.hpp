// The private folder of one run, and how others find it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "common/files.hpp"

namespace azure::iot::device::simulator {

// The control sockets of a hub and of a provisioning service.
inline constexpr const char* kHubSocketName = "control";
inline constexpr const char* kDpsSocketName = "dps-control";

// Locked against a second run. Removed with all it holds unless it was named by the user.
class RunDirectory {
 public:
  // A fresh one under ${XDG_RUNTIME_DIR:-/tmp}, or the named one (made if missing, and then kept).
  // Throws std::invalid_argument when the named one can be read by others or is in use.
  explicit RunDirectory(const std::optional<std::filesystem::path>& named,
                        const char* socket_name = kHubSocketName);
  RunDirectory(const RunDirectory&) = delete;
  RunDirectory& operator=(const RunDirectory&) = delete;
  ~RunDirectory();

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path control_socket() const { return path_ / socket_name_; }

 private:
  std::filesystem::path path_;
  const char* socket_name_;
  bool temporary_;
  Fd lock_;
};

// The control socket, of that name, of the newest simulator of this user that answers.
std::optional<std::filesystem::path> find_control_socket(const char* name = kHubSocketName);

}  // namespace azure::iot::device::simulator
