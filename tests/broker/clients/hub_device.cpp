#include "broker/clients/hub_device.hpp"

#include <fstream>
#include <sstream>
#include <utility>

#include <sys/resource.h>

namespace azure::iot::device::test {
namespace {

using namespace std::chrono_literals;

constexpr int kDevices = 40;
constexpr int kModules = 20;

std::string device_name(int number) { return "client-" + std::to_string(number); }
std::string module_name(int number) { return "edge-" + std::to_string(number) + "/module"; }

std::chrono::microseconds cpu_of_process() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto time = [](const timeval& t) {
    return std::chrono::seconds(t.tv_sec) + std::chrono::microseconds(t.tv_usec);
  };
  return time(usage.ru_utime) + time(usage.ru_stime);
}

ConnectionStringOptions options_for(const SimulatorProcess& hub, ConnectionStringOptions options) {
  if (options.server_verification_cert.empty()) options.server_verification_cert = hub.ca_file();
  if (options.port == 0) options.port = hub.port();
  return options;
}

}  // namespace

std::string contents_of(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

SimulatorProcess& shared_hub() {
  static SimulatorProcess hub = [] {
    SimulatorOptions options{.devices = {}};
    for (int i = 0; i < kDevices; ++i) options.devices.push_back(device_name(i));
    for (int i = 0; i < kModules; ++i) options.devices.push_back(module_name(i));
    return SimulatorProcess(options);
  }();
  return hub;
}

std::string next_device() {
  static std::atomic<int> next = 0;
  return device_name(next++);
}

std::string next_module() {
  static std::atomic<int> next = 0;
  return module_name(next++);
}

IoTHubDeviceClient make_client(const SimulatorProcess& hub, const std::string& device,
                               ConnectionStringOptions options) {
  return IoTHubDeviceClient::create_from_connection_string(hub.connection_string(device),
                                                           options_for(hub, std::move(options)));
}

IoTHubModuleClient make_module_client(const SimulatorProcess& hub, const std::string& module,
                                      ConnectionStringOptions options) {
  return IoTHubModuleClient::create_from_connection_string(hub.connection_string(module),
                                                           options_for(hub, std::move(options)));
}

bool eventually(const std::function<bool()>& condition, std::chrono::seconds patience) {
  for (const auto end = std::chrono::steady_clock::now() + patience;
       std::chrono::steady_clock::now() < end; std::this_thread::sleep_for(5ms)) {
    if (condition()) return true;
  }
  return condition();
}

Stopwatch::Stopwatch() : start_(std::chrono::steady_clock::now()), cpu_start_(cpu_of_process()) {}

std::chrono::milliseconds Stopwatch::passed() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                               start_);
}

std::chrono::milliseconds Stopwatch::cpu() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(cpu_of_process() - cpu_start_);
}

}  // namespace azure::iot::device::test
