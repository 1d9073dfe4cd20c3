#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "clients/detail/hub_client_core.hpp"
#include "clients/iothub_device_client.hpp"
#include "support/simulator_process.hpp"
#include "tests/support/proxy_process.hpp"
#include "transport/mqtt/mosquitto_transport.hpp"

namespace azure::iot::device::test {

// No proxy, and each way through one.
std::vector<std::optional<Passage>> all_passages();

// One route from a device to the hub.
struct Road {
  std::optional<Passage> passage;  // None: directly.
  bool websockets = false;
  bool x509 = false;
};
std::string to_string(const Road& road);

// One hub for all tests that break nothing. It has devices of both kinds, and accepts any number of
// messages to a device.
SimulatorProcess& road_hub();
// The id of a device of that hub that no other test uses.
std::string next_device(const Road& road);
// The port at the end of that route.
std::uint16_t port_of(const SimulatorProcess& hub, const Road& road);

// Creates a client for a device of `hub` on that route, through the route's proxy. It redials every
// second.
std::shared_ptr<detail::HubClientCore> make_core(const SimulatorProcess& hub,
                                                 const std::string& device, const Road& road,
                                                 const std::optional<ProxyOptions>& proxy,
                                                 const MosquittoTransportOptions& options = {});

}  // namespace azure::iot::device::test
