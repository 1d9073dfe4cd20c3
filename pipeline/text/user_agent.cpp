#include "pipeline/text/user_agent.hpp"

#include <sys/utsname.h>

namespace azure::iot::device {
namespace {

std::string compiler() {
#if defined(__clang__)
  return "clang " + std::to_string(__clang_major__) + '.' + std::to_string(__clang_minor__) + '.' +
         std::to_string(__clang_patchlevel__);
#else
  return "gcc " + std::to_string(__GNUC__) + '.' + std::to_string(__GNUC_MINOR__) + '.' +
         std::to_string(__GNUC_PATCHLEVEL__);
#endif
}

}  // namespace

constinit const std::string_view kVersion = AZURE_IOT_DEVICE_VERSION;

PlatformInfo this_platform() {
  PlatformInfo platform{.runtime = compiler(), .os_type = {}, .os_release = {}, .architecture = {}};
  utsname name;
  if (uname(&name) == 0) {
    platform.os_type = name.sysname;
    platform.os_release = name.version;
    platform.architecture = name.machine;
  }
  return platform;
}

std::string format_user_agent(std::string_view identifier, std::string_view version,
                              const PlatformInfo& platform) {
  std::string agent(identifier);
  agent += '/';
  agent += version;
  agent += '(' + platform.runtime + ';' + platform.os_type + ' ' + platform.os_release + ';' +
           platform.architecture + ')';
  return agent;
}

}  // namespace azure::iot::device
