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

// How a client works: a struct for each way of making one, with the options that this way has. Name
// what differs from the defaults:
//
//   auto client = IoTHubDeviceClient::create_from_connection_string(
//       text, {.keep_alive = 30s, .auto_connect = false});
//
// A value that breaks the rule beside it is a std::invalid_argument when the client is created. So
// is, unlike Python, a text that cannot be carried: host names stand alone, without scheme and
// port; ids have at most 128 characters, and neither + nor #, which are wildcards in topics. No
// text has control characters, such as a line break, and all are UTF-8.
namespace azure::iot::device {

// For create_from_connection_string. A gateway stands in the connection string itself, as
// GatewayHostName.
struct ConnectionStringOptions {
  // The certificates to trust instead of those of the system: PEM text, or the name of a file with
  // such text, which is read when the client is created.
  std::string server_verification_cert = {};
  // The longest silence on the connection before the client makes itself heard: 1 to 1740 s. Below
  // 5 s it is 5 s; above 1177 s the hub may take the device for gone.
  std::chrono::seconds keep_alive{60};
  // How long each token lives before it is renewed. With 0 s or less it has expired when it is
  // made: taken as in Python, and warned of in the log.
  std::chrono::seconds sastoken_ttl{3600};
  // Whether calls that need a connection make one.
  bool auto_connect = true;
  // Whether a connection that was lost is brought back.
  bool connection_retry = true;
  // How long to wait between two attempts to connect: above 0 s.
  std::chrono::seconds connection_retry_interval{10};
  // Whether `connect`, and the connect of any call that needs a connection, waits for the network.
  // If an attempt fails for a reason that may pass, the next one follows as after a lost
  // connection, until the timeout of the call. Otherwise there is one attempt, as in Python.
  bool retry_first_connection = false;
  // Whether changes of desired properties that were missed while disconnected are delivered
  // afterwards, to the handler for them.
  bool ensure_desired_properties = true;
  // Appended to what the client says of itself to the hub. A text that begins with "dtmi" names the
  // model of a plug-and-play device. At most 64,000 bytes long, where all but letters, digits and
  // _.-~ count three.
  std::string product_info = {};
  // Which cipher suites to offer: see cipher.hpp.
  Cipher cipher = {};
  // Whether MQTT goes over a WebSocket, on the port that web pages have, where no other is open.
  bool websockets = false;
  // The proxy through which to connect: see proxy_options.hpp. None means directly, whatever the
  // environment says.
  std::optional<ProxyOptions> proxy_options = {};
  // The hub's port; 0 means that of MQTT over TLS, 8883, or of a WebSocket, 443.
  std::uint16_t port = 0;
  // The loop on which the client runs; none means the one that all clients share.
  std::shared_ptr<EventLoop> event_loop = {};
  // How long any call may take that is not given a timeout of its own; 0 means for ever.
  std::chrono::milliseconds operation_timeout = std::chrono::minutes{4};
  // How many messages may wait for their acknowledgement at a time: 1 to 65535, of which no more
  // than 32768 are used. The others wait in the client.
  std::size_t max_in_flight = 128;
  // Stages of one's own, and where they stand in the chain: see stage_insertion.hpp.
  std::vector<StageInsertion> stages = {};
  // When a lost connection is made again, where it is not every `connection_retry_interval`: see
  // retry_policy.hpp, which has one for fleets.
  std::shared_ptr<const RetryPolicy> retry_policy = {};
};

// For create_from_symmetric_key. What is not said here is as above.
struct SymmetricKeyOptions {
  std::string server_verification_cert = {};
  // The IoT Edge gateway to connect to instead of the hub; empty for none.
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

// For create_from_sastoken. The token says itself how long it lives.
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
