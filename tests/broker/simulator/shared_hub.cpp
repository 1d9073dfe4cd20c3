#include "shared_hub.hpp"

#include <optional>

namespace azure::iot::device::test {

SimulatorProcess& shared_hub() {
  static std::optional<SimulatorProcess> hub;
  if (!hub) {
    SimulatorOptions options;
    options.devices = {"d1/m1"};
    for (int i = 1; i <= 40; ++i) options.devices.emplace_back("d").append(std::to_string(i));
    options.arguments = {"--policy", "service=" + std::string(43, 'A') + "="};
    hub.emplace(options);
  }
  return *hub;
}

}  // namespace azure::iot::device::test
