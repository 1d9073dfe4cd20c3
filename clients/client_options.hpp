#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "../pipeline/auth/x509.hpp"
#include "../pipeline/loop/event_loop.hpp"
#include "../pipeline/proxy_options.hpp"
#include "../pipeline/retry_policy.hpp"
#include "cipher.hpp"
#include "stage_insertion.hpp"

// Options of a client: one struct for each way of creating it, with the options that apply to that
// way. Name those that differ from the defaults:
//
//   auto client = IoTHubDeviceClient::create_from_connection_string(
//       text, {.keep_alive = 30s, .auto_connect = false});
//
// A value that breaks the rule in its comment is a std::invalid_argument when the client is
// created. Unlike Python: so is a text that the connection cannot carry. A host name has no scheme
// and no port. An id has at most 128 characters, and neither + nor #, which are wildcards in
// topics. All texts are UTF-8 without control characters, such as a line break.
namespace azure::iot::device {

// For create_from_connection_string. A gateway is named in the connection string itself, as
// GatewayHostName.
struct ConnectionStringOptions {
  // Certificates to trust instead of those of the system: PEM text, or the name of a PEM file,
  // which is read when the client is created.
  std::string server_verification_cert = {};
  // Longest silence on the connection before the client sends a ping: 1 to 1740 s. A value below 5
  // s is raised to 5 s. Above 1177 s the hub may consider the device disconnected.
  std::chrono::seconds keep_alive{60};
  // Lifetime of each token, which is renewed before it expires. With 0 s or less a token has
  // expired when it is created. As in Python this is accepted, with a warning in the log.
  std::chrono::seconds sastoken_ttl{3600};
  // Whether calls that need a connection connect first.
  bool auto_connect = true;
  // Whether the client reconnects after it has lost the connection.
  bool connection_retry = true;
  // Pause between two attempts to connect: above 0 s.
  std::chrono::seconds connection_retry_interval{10};
  // Whether `connect`, and the connect of any call that needs a connection, waits for the network.
  // If it is on, a transient failure is followed by the next attempt as after a lost connection,
  // until the timeout of the call. If it is off there is one attempt, as in Python.
  bool retry_first_connection = false;
  // Whether changes of desired properties that were missed while disconnected are delivered to
  // their handler after the next connect.
  bool ensure_desired_properties = true;
  // Appended to the client's description of itself to the hub. A text that begins with "dtmi" names
  // the model of a plug-and-play device. At most 64,000 bytes long, where each byte counts three,
  // except letters, digits and _.-~, which count one.
  std::string product_info = {};
  // Cipher suites to offer: see cipher.hpp.
  Cipher cipher = {};
  // Whether MQTT runs over a WebSocket, on the HTTPS port, for networks where no other port is
  // open.
  bool websockets = false;
  // Proxy through which to connect: see proxy_options.hpp. Without one the client connects
  // directly, even if the environment names a proxy.
  std::optional<ProxyOptions> proxy_options = {};
  // Port of the hub. 0 means the default: 8883 for MQTT over TLS, 443 for a WebSocket.
  std::uint16_t port = 0;
  // Event loop on which the client runs. None means the loop that all clients share.
  std::shared_ptr<EventLoop> event_loop = {};
  // Timeout of each call that is given none of its own. 0 means no limit.
  std::chrono::milliseconds operation_timeout = std::chrono::minutes{4};
  // Largest number of messages that wait for their acknowledgement at a time: 1 to 65535, of which
  // at most 32768 are used. Further messages wait in the client.
  std::size_t max_in_flight = 128;
  // Custom stages, and their places in the chain: see stage_insertion.hpp.
  std::vector<StageInsertion> stages = {};
  // Policy that decides when to reconnect after a lost connection. None means FixedInterval with
  // `connection_retry_interval`. See retry_policy.hpp, which also has a policy for fleets.
  std::shared_ptr<const RetryPolicy> retry_policy = {};
};

// For create_from_symmetric_key. Options without a comment are as above.
struct SymmetricKeyOptions {
  std::string server_verification_cert = {};
  // IoT Edge gateway to connect to instead of the hub; empty for none.
  std::string gateway_hostname = {};
  std::chrono::seconds keep_alive{60};
  std::chrono::seconds sastoken_ttl{3600};
  bool auto_connect = true;
  bool connection_retry = true;
  std::chrono::seconds connection_retry_interval{10};
  bool retry_first_connection = false;
  bool ensure_desired_properties = true;
  std::string product_info = {};
  Cipher cipher = {};
  bool websockets = false;
  std::optional<ProxyOptions> proxy_options = {};
  std::uint16_t port = 0;
  std::shared_ptr<EventLoop> event_loop = {};
  std::chrono::milliseconds operation_timeout = std::chrono::minutes{4};
  std::size_t max_in_flight = 128;
  std::vector<StageInsertion> stages = {};
  std::shared_ptr<const RetryPolicy> retry_policy = {};
};

// For create_from_sastoken. The lifetime is part of the token.
struct SasTokenOptions {
  std::string server_verification_cert = {};
  std::string gateway_hostname = {};
  std::chrono::seconds keep_alive{60};
  bool auto_connect = true;
  bool connection_retry = true;
  std::chrono::seconds connection_retry_interval{10};
  bool retry_first_connection = false;
  bool ensure_desired_properties = true;
  std::string product_info = {};
  Cipher cipher = {};
  bool websockets = false;
  std::optional<ProxyOptions> proxy_options = {};
  std::uint16_t port = 0;
  std::shared_ptr<EventLoop> event_loop = {};
  std::chrono::milliseconds operation_timeout = std::chrono::minutes{4};
  std::size_t max_in_flight = 128;
  std::vector<StageInsertion> stages = {};
  std::shared_ptr<const RetryPolicy> retry_policy = {};
};

// For create_from_x509_certificate.
struct X509Options {
  std::string server_verification_cert = {};
  std::string gateway_hostname = {};
  std::chrono::seconds keep_alive{60};
  bool auto_connect = true;
  bool connection_retry = true;
  std::chrono::seconds connection_retry_interval{10};
  bool retry_first_connection = false;
  bool ensure_desired_properties = true;
  std::string product_info = {};
  Cipher cipher = {};
  bool websockets = false;
  std::optional<ProxyOptions> proxy_options = {};
  std::uint16_t port = 0;
  std::shared_ptr<EventLoop> event_loop = {};
  std::chrono::milliseconds operation_timeout = std::chrono::minutes{4};
  std::size_t max_in_flight = 128;
  std::vector<StageInsertion> stages = {};
  std::shared_ptr<const RetryPolicy> retry_policy = {};
};

}  // namespace azure::iot::device
