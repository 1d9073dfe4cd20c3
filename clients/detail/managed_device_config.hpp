#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "../managed_device.hpp"
#include "client_config.hpp"
#include "provisioning_client_config.hpp"

namespace azure::iot::device::detail {

// Checked configuration of a managed device: its policy, and its credential in the form of
// factories for the configurations of its two clients.
struct ManagedDeviceConfig {
  std::string registration_id;
  std::shared_ptr<EventLoop> loop;

  // Each client is created from the options and the credential, so that a renewed certificate file
  // is read. Throw std::invalid_argument if the credential can no longer be used.
  std::function<ProvisioningClientConfig()> provisioning;
  std::function<HubClientConfig(std::string_view hub, std::string_view device_id)> hub;

  Warnings warnings;  // Of both clients, each once; logged when the device is created.

  // Same as in the options.
  Json provisioning_payload;
  int failed_connects = 0;
  std::shared_ptr<const RetryPolicy> registration_pauses;
  std::chrono::seconds registration_distance{};
  std::function<void(IoTHubDeviceClient&)> on_new_client;
  std::function<void(const IotError&)> on_background_exception;
};

// Each throws std::invalid_argument, which names the argument, the rule and the value. A secret
// value is left out.
ManagedDeviceConfig config_from_symmetric_key(std::string_view provisioning_host,
                                              std::string_view registration_id,
                                              std::string_view id_scope,
                                              std::string_view symmetric_key,
                                              ManagedSymmetricKeyOptions options);
ManagedDeviceConfig config_from_x509_certificate(std::string_view provisioning_host,
                                                 std::string_view registration_id,
                                                 std::string_view id_scope, const X509& x509,
                                                 ManagedX509Options options);

}  // namespace azure::iot::device::detail
