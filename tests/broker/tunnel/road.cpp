#include "broker/tunnel/road.hpp"

#include <atomic>

#include "clients/detail/client_config.hpp"
#include "tests/support/device_authority.hpp"

namespace azure::iot::device::test {
namespace {
using namespace std::chrono_literals;

constexpr int kDevices = 200;

std::string device_name(bool x509, int number) {
  return (x509 ? "certified-" : "keyed-") + std::to_string(number);
}

template <class Options>
Options options_for(const SimulatorProcess& hub, const Road& road,
                    const std::optional<ProxyOptions>& proxy) {
  Options options;
  options.server_verification_cert = hub.ca_file();
  options.connection_retry_interval = 1s;
  options.websockets = road.websockets;
  options.proxy_options = proxy;
  options.port = port_of(hub, road);
  return options;
}

detail::HubClientConfig config_for(const SimulatorProcess& hub, const std::string& device,
                                   const Road& road, const std::optional<ProxyOptions>& proxy) {
  if (!road.x509) {
    return detail::config_from_connection_string(
        hub.connection_string(device), options_for<ConnectionStringOptions>(hub, road, proxy));
  }
  return detail::config_from_x509_certificate(x509_of(hub.certificate_files(device)), hub.host(),
                                              device, "",
                                              options_for<X509Options>(hub, road, proxy));
}

}  // namespace

std::vector<std::optional<Passage>> all_passages() {
  std::vector<std::optional<Passage>> passages{std::nullopt};
  for (const Passage passage : kPassages) passages.emplace_back(passage);
  return passages;
}

std::string to_string(const Road& road) {
  return (road.passage ? to_string(*road.passage) : "no proxy") +
         (road.websockets ? ", WebSocket" : ", TLS") + (road.x509 ? ", X.509" : ", SAS");
}

SimulatorProcess& road_hub() {
  static SimulatorProcess hub = [] {
    SimulatorOptions options{.devices = {}, .websockets = true};
    for (int i = 0; i < kDevices; ++i) {
      options.devices.push_back(device_name(false, i));
      options.x509_devices.push_back(device_name(true, i));
    }
    options.arguments = {"--limit", "c2d-queue=10000"};
    return SimulatorProcess(options);
  }();
  return hub;
}

std::string next_device(const Road& road) {
  static std::atomic<int> next = 0;
  return device_name(road.x509, next++);
}

std::uint16_t port_of(const SimulatorProcess& hub, const Road& road) {
  if (road.websockets) return road.x509 ? hub.x509_websocket_port() : hub.websocket_port();
  return road.x509 ? hub.x509_port() : hub.port();
}

std::shared_ptr<detail::HubClientCore> make_core(const SimulatorProcess& hub,
                                                 const std::string& device, const Road& road,
                                                 const std::optional<ProxyOptions>& proxy,
                                                 const MosquittoTransportOptions& options) {
  return detail::HubClientCore::create(config_for(hub, device, road, proxy),
                                       make_mosquitto_transport_factory(options),
                                       HandlerPool::shared());
}

}  // namespace azure::iot::device::test
