#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "auth/sastoken.hpp"
#include "auth/x509.hpp"
#include "loop/time.hpp"
#include "proxy_options.hpp"
#include "retry_policy.hpp"

namespace azure::iot::device {

// What every kind of pipeline is told, whichever service it talks to. (Python:
// BasePipelineConfig.) The client has checked it.
struct PipelineConfig {
  std::string hostname = {};          // The service's name, as it stands in user name and token.
  std::string gateway_hostname = {};  // Dialled instead of `hostname` where it is set.
  std::uint16_t port = 0;             // 0: the transport's own default.

  // The credential is one of the two.
  std::shared_ptr<SasToken> sastoken = {};
  std::optional<X509> x509 = {};

  std::string server_verification_cert = {};  // PEM; empty: the system's trust store.
  std::string cipher = {};
  bool websockets = false;
  std::optional<ProxyOptions> proxy_options = {};

  std::chrono::seconds keep_alive{60};
  // The deadline of operations that stages make on their own behalf; 0: none.
  Duration operation_timeout = std::chrono::minutes{4};
  bool auto_connect = true;
  bool connection_retry = true;
  Duration connection_retry_interval = std::chrono::seconds{10};
  // Whether a connect waits for the network.
  bool retry_first_connection = false;
  std::shared_ptr<const RetryPolicy> retry_policy = {};  // None: FixedInterval of the above.
  // How many publishes may wait for their acknowledgement at a time; the rest waits here.
  std::size_t max_in_flight = 128;
};

}  // namespace azure::iot::device
