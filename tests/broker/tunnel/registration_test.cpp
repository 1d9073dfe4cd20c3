// A device gets its hub from the service on every route.
#include <future>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "broker/tunnel/road.hpp"
#include "clients/enrollment_group.hpp"
#include "clients/provisioning_device_client.hpp"
#include "support/device_authority.hpp"
#include "support/dps_process.hpp"

namespace azure::iot::device::test {
namespace {
using namespace std::chrono_literals;

struct Registration {
  std::string id;
  Road road;
};

// Each combination once.
std::vector<Registration> all_registrations() {
  std::vector<std::optional<Passage>> passages{std::nullopt};
  passages.insert(passages.end(), std::begin(kPassages), std::end(kPassages));
  std::vector<Registration> all;
  for (const auto& passage : passages) {
    for (const bool websockets : {false, true}) {
      for (const bool x509 : {false, true}) {
        all.push_back({"r" + std::to_string(all.size()), {passage, websockets, x509}});
      }
    }
  }
  return all;
}

template <class Options>
Options options_for(const DpsProcess& dps, const Road& road,
                    const std::optional<ProxyOptions>& proxy) {
  Options options;
  options.server_verification_cert = dps.ca_file();
  options.websockets = road.websockets;
  options.proxy_options = proxy;
  options.port = port_of(dps.process(), road);
  return options;
}

ProvisioningDeviceClient make_client(const DpsProcess& dps, const Registration& registration,
                                     const std::optional<ProxyOptions>& proxy) {
  const auto& [id, road] = registration;
  if (!road.x509) {
    return ProvisioningDeviceClient::create_from_symmetric_key(
        dps.host(), id, dps.id_scope(), derive_device_key(dps.key("fleet"), id),
        options_for<ProvisioningSymmetricKeyOptions>(dps, road, proxy));
  }
  return ProvisioningDeviceClient::create_from_x509_certificate(
      dps.host(), id, dps.id_scope(), x509_of(dps.certificate_files(id)),
      options_for<ProvisioningX509Options>(dps, road, proxy));
}

TEST_CASE("Roads: a device registers directly and through each proxy, in each way") {
  const std::vector<Registration> registrations = all_registrations();
  const SimulatorProcess hub({.devices = {"other"}});
  std::vector<std::string> arguments{"--group", "fleet", "--websockets"};
  for (const auto& [id, road] : registrations) {
    if (road.x509) arguments.insert(arguments.end(), {"--x509-enrollment", id});
  }
  const DpsProcess dps({&hub}, arguments);
  std::map<Passage, std::unique_ptr<ProxyProcess>> proxies;
  for (const Passage passage : kPassages) {
    proxies.emplace(passage, std::make_unique<ProxyProcess>(passage));
  }
  // In parallel, since each waits two seconds for the service to assign a hub.
  std::vector<std::future<std::string>> hubs;
  for (const Registration& each : registrations) {
    hubs.push_back(std::async(std::launch::async, [&] {
      const auto& passage = each.road.passage;
      auto client = make_client(
          dps, each, passage ? std::optional(proxies.at(*passage)->options()) : std::nullopt);
      return client.register_device(60s).registration_state->assigned_hub.value_or("");
    }));
  }
  for (std::size_t i = 0; i < registrations.size(); ++i) {
    CAPTURE(to_string(registrations[i].road));
    CHECK(hubs[i].get() == hub.host());
    CHECK(dps.count("assigned", registrations[i].id) == 1);
  }
}

}  // namespace
}  // namespace azure::iot::device::test
