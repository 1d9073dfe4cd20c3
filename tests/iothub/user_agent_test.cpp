#include "iothub/user_agent.hpp"

#include <string>

#include <doctest/doctest.h>

namespace azure::iot::device {

TEST_CASE("UserAgent: it names the library, its version and this machine") {
  const PlatformInfo platform{"gcc 12", "Linux", "#1 SMP", "x86_64"};
  CHECK(get_iothub_user_agent(platform) ==
        "azure-iot-device-iothub-cpp/" + std::string(kVersion) + "(gcc 12;Linux #1 SMP;x86_64)");
  CHECK(get_iothub_user_agent().find(";Linux ") != std::string::npos);
  CHECK_FALSE(this_platform().runtime.empty());
  CHECK_FALSE(this_platform().architecture.empty());
}

TEST_CASE("UserAgent: product info that names a model goes where the hub looks for one") {
  CHECK(get_hub_username("h", "d/m", "agent/1", "dtmi:com:x;1") ==
        "h/d/m/?api-version=2020-09-30&DeviceClientType=agent%2F1&model-id=dtmi%3Acom%3Ax%3B1");
  CHECK(get_hub_username("h", "d", "agent/1", " more") ==
        "h/d/?api-version=2019-10-01&DeviceClientType=agent%2F1%20more");
}

}  // namespace azure::iot::device
