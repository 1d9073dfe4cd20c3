#pragma once

#include <string>
#include <string_view>

namespace azure::iot::device {

// The version of this library.
extern const std::string_view kVersion;

// The platform that a client reports to the service.
struct PlatformInfo {
  std::string runtime;       // The compiler, where the Python SDK reports the interpreter.
  std::string os_type;       // "Linux"
  std::string os_release;    // The kernel's build: "#1 SMP Debian 6.1"
  std::string architecture;  // "x86_64"
};

// Queries the system (uname).
PlatformInfo this_platform();

// "identifier/version(runtime;os type os release;architecture)"
std::string format_user_agent(std::string_view identifier, std::string_view version,
                              const PlatformInfo& platform);

}  // namespace azure::iot::device
