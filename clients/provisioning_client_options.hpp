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

// How a client of the provisioning service works: a struct for each way of making one. Name what
// differs from the defaults:
//
//   auto client = ProvisioningDeviceClient::create_from_symmetric_key(
//       host, registration_id, id_scope, key, {.keep_alive = 30s});
//
// A value that breaks the rule beside it is a std::invalid_argument when the client is created. So
// is, unlike Python, a text that cannot be carried: host names stand alone, without scheme and
// port; a registration id has at most 128 characters. No text has control characters, such as a
// line break, and all are UTF-8.
namespace azure::iot::device {

// For create_from_symmetric_key.
struct ProvisioningSymmetricKeyOptions {
  // The certificates to trust instead of those of the system: PEM text, or the name of a file with
  // such text, which is read when the client is created.
  std::string server_verification_cert = {};
  // The IoT Edge gateway to connect to instead of the service; empty for none.
  std::string gateway_hostname = {};
  // The longest silence on the connection before the client makes itself heard: 1 to 1740 s. Below
  // 5 s it is 5 s.
  std::chrono::seconds keep_alive{60};
  // How long each token lives before it is renewed. With 0 s or less it has expired when it is
  // made: taken as in Python, and warned of in the log.
  std::chrono::seconds sastoken_ttl{3600};
  // Which cipher suites to offer: see cipher.hpp.
  Cipher cipher = {};
  // Whether MQTT goes over a WebSocket, on the port that web pages have, where no other is open.
  bool websockets = false;
  // The proxy through which to connect: see proxy_options.hpp. None means directly, whatever the
  // environment says.
  std::optional<ProxyOptions> proxy_options = {};
  // The service's port; 0 means that of MQTT over TLS, 8883, or of a WebSocket, 443.
  std::uint16_t port = 0;
  // The loop on which the client runs; none means the one that all clients share.
  std::shared_ptr<EventLoop> event_loop = {};
  // How long a registration may take that is not given a timeout of its own; 0 means for ever.
  std::chrono::milliseconds operation_timeout = std::chrono::minutes{4};
  // Stages of one's own, and where they stand in the chain: see stage_insertion.hpp. The names are
  // those of provisioning/provisioning_pipeline.cpp.
  std::vector<StageInsertion> stages = {};
};

// For create_from_x509_certificate. What is not said here is as above.
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
