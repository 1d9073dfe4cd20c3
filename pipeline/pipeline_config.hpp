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

// The configuration common to the pipelines of all services. (Python: BasePipelineConfig.) The
// client has validated it.
struct PipelineConfig {
  std::string hostname = {};          // The service's name, as used in user name and token.
  std::string gateway_hostname = {};  // Dialled instead of `hostname` if set.
  std::uint16_t port = 0;             // 0: the transport's own default.

  // The credential is one of the two.
  std::shared_ptr<SasToken> sastoken = {};
  std::optional<X509> x509 = {};

  std::string server_verification_cert = {};  // PEM; empty: the system's trust store.
  std::string cipher = {};
  bool websockets = false;
  std::optional<ProxyOptions> proxy_options = {};

  std::chrono::seconds keep_alive{60};
  // The timeout of operations that stages create on their own behalf; 0: none.
  Duration operation_timeout = std::chrono::minutes{4};
  bool auto_connect = true;
  bool connection_retry = true;
  Duration connection_retry_interval = std::chrono::seconds{10};
  // Whether a connect waits for the network instead of failing with its first attempt.
  bool retry_first_connection = false;
  std::shared_ptr<const RetryPolicy> retry_policy = {};  // Null: FixedInterval of the above.
  // The number of publishes that may wait for their acknowledgement at a time; further ones are
  // queued in the client.
  std::size_t max_in_flight = 128;
};

}  // namespace azure::iot::device
