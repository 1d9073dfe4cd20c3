// The private folder of one run, and how commands find it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "common/files.hpp"

namespace azure::iot::device::simulator {

// The control sockets of a hub and of a provisioning service.
inline constexpr const char* kHubSocketName = "control";
inline constexpr const char* kDpsSocketName = "dps-control";

// Locked against a second run. Removed with its contents unless the user named it.
class RunDirectory {
 public:
  // Opens the named folder, which is created if missing and then kept. Without a name, creates one
  // in the first of run_places(), after removing the folders of runs that were killed. Throws
  // std::invalid_argument if others can read the named folder or another run uses it.
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

// The folders for runs without a named one: those of TMPDIR and XDG_RUNTIME_DIR, where they are
// set, and /tmp.
std::vector<std::filesystem::path> run_places();

// Returns the control sockets of that name of this user's simulators that answer, in the first of
// run_places() that has any.
std::vector<std::filesystem::path> find_control_sockets(const char* name = kHubSocketName);

}  // namespace azure::iot::device::simulator
