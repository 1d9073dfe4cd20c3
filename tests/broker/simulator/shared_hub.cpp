#include "shared_hub.hpp"

#include <array>
#include <cstdio>
#include <optional>

#include <doctest/doctest.h>
#include <sys/wait.h>

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

Outcome run(const std::string& arguments, const std::string& environment) {
  const std::string command =
      environment + " timeout 30 '" + IOTHUB_SIM_PROGRAM + "' " + arguments + " 2>&1";
  FILE* pipe = popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string output;
  std::array<char, 4096> chunk;
  for (auto count = fread(chunk.data(), 1, chunk.size(), pipe); count > 0;
       count = fread(chunk.data(), 1, chunk.size(), pipe)) {
    output.append(chunk.data(), count);
  }
  return {WEXITSTATUS(pclose(pipe)), output};
}

pid_t broker_of(const SimulatorProcess& hub) {
  const std::string info = hub.control(R"({"command":"info"})");
  const auto start = info.find(R"("broker_pid":)") + std::string(R"("broker_pid":)").size();
  return std::stoi(info.substr(start));
}

}  // namespace azure::iot::device::test
