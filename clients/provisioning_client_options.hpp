#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "../pipeline/auth/x509.hpp"
#include "../pipeline/loop/event_loop.hpp"
#include "../pipeline/proxy_options.hpp"
#include "cipher.hpp"
#include "stage_insertion.hpp"

// Options of a client of the provisioning service: one struct for each way of creating it. Name
// those that differ from the defaults:
//
//   auto client = ProvisioningDeviceClient::create_from_symmetric_key(
//       host, registration_id, id_scope, key, {.keep_alive = 30s});
//
// A value that breaks the rule in its comment is a std::invalid_argument when the client is
// created. Unlike Python: so is a text that the connection cannot carry. A host name has no scheme
// and no port. A registration id has at most 128 characters. All texts are UTF-8 without control
// characters, such as a line break.
namespace azure::iot::device {

// For create_from_symmetric_key.
struct ProvisioningSymmetricKeyOptions {
  // Certificates to trust instead of those of the system: PEM text, or the name of a PEM file,
  // which is read when the client is created.
  std::string server_verification_cert = {};
  // IoT Edge gateway to connect to instead of the service; empty for none.
  std::string gateway_hostname = {};
  // Longest silence on the connection before the client sends a ping: 1 to 1740 s. A value below 5
  // s is raised to 5 s.
  std::chrono::seconds keep_alive{60};
  // Lifetime of each token, which is renewed before it expires. With 0 s or less a token has
  // expired when it is created. As in Python this is accepted, with a warning in the log.
  std::chrono::seconds sastoken_ttl{3600};
  // Cipher suites to offer: see cipher.hpp.
  Cipher cipher = {};
  // Whether MQTT runs over a WebSocket, on the HTTPS port, for networks where no other port is
  // open.
  bool websockets = false;
  // Proxy through which to connect: see proxy_options.hpp. Without one the client connects
  // directly, even if the environment names a proxy.
  std::optional<ProxyOptions> proxy_options = {};
  // Port of the service. 0 means the default: 8883 for MQTT over TLS, 443 for a WebSocket.
  std::uint16_t port = 0;
  // Event loop on which the client runs. None means the loop that all clients share.
  std::shared_ptr<EventLoop> event_loop = {};
  // Timeout of each registration that is given none of its own. 0 means no limit.
  std::chrono::milliseconds operation_timeout = std::chrono::minutes{4};
  // Custom stages, and their places in the chain: see stage_insertion.hpp. The names of the
  // built-in stages are those of provisioning/provisioning_pipeline.cpp.
  std::vector<StageInsertion> stages = {};
};

// For create_from_x509_certificate. Options without a comment are as above.
struct ProvisioningX509Options {
  std::string server_verification_cert = {};
  std::string gateway_hostname = {};
  std::chrono::seconds keep_alive{60};
  Cipher cipher = {};
  bool websockets = false;
  std::optional<ProxyOptions> proxy_options = {};
  std::uint16_t port = 0;
  std::shared_ptr<EventLoop> event_loop = {};
  std::chrono::milliseconds operation_timeout = std::chrono::minutes{4};
  std::vector<StageInsertion> stages = {};
};

}  // namespace azure::iot::device
