#include "clients/detail/client_config.hpp"

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <utility>

#include "iothub/sas_uri.hpp"
#include "iothub/user_agent.hpp"
#include "pipeline/auth/connection_string.hpp"
#include "pipeline/auth/symmetric_key.hpp"
#include "pipeline/log.hpp"

namespace azure::iot::device::detail {
namespace {

using std::chrono::seconds;

constexpr seconds kMaxKeepAlive{1740};
// IoT Hub closes a connection that was silent for 1.5 times the keep-alive, 1767 s at most.
constexpr seconds kSafeKeepAlive{1177};
// What a timer of the Python SDK can wait for, and a Duration can hold.
constexpr seconds kLongestTime{9223372036};

[[noreturn]] void refuse(std::string_view argument, std::string_view rule,
                         const std::string& value) {
  throw std::invalid_argument(std::string(argument) + ": " + std::string(rule) + "; got " + value);
}

std::string in_seconds(seconds value) { return std::to_string(value.count()) + " s"; }

template <class Options>
void check_options(const Options& options) {
  if (options.keep_alive <= seconds{0} || options.keep_alive > kMaxKeepAlive) {
    refuse("keep_alive", "must be greater than 0 s and cannot exceed 1740 s (29 minutes)",
           in_seconds(options.keep_alive));
  }
  if constexpr (requires { options.sastoken_ttl; }) {
    if (options.sastoken_ttl <= seconds{0}) {
      refuse("sastoken_ttl", "must be greater than 0 s", in_seconds(options.sastoken_ttl));
    }
  }
  if (options.connection_retry_interval <= seconds{0} ||
      options.connection_retry_interval > kLongestTime) {
    refuse("connection_retry_interval", "must be greater than 0 s and cannot exceed 9223372036 s",
           in_seconds(options.connection_retry_interval));
  }
  if (options.operation_timeout < std::chrono::milliseconds{0} ||
      options.operation_timeout > kLongestTime) {
    refuse("operation_timeout",
           "must not be negative, where 0 means no timeout, and cannot exceed 9223372036 s",
           std::to_string(options.operation_timeout.count()) + " ms");
  }
  if (options.max_in_flight < 1 || options.max_in_flight > 65535) {
    refuse("max_in_flight", "must be 1 to 65535", std::to_string(options.max_in_flight));
  }
}

// The text itself, or that of the file of this name.
std::string read_certificates(const std::string& text_or_file) {
  constexpr std::string_view kBegin = "BEGIN CERTIFICATE";
  if (text_or_file.empty() || text_or_file.find(kBegin) != std::string::npos) return text_or_file;
  constexpr std::string_view kRule =
      "server_verification_cert: must be certificates as PEM text, or the name of a file with them";
  // What names no file may be anything, also a key: it is not told.
  std::ifstream file(text_or_file, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file.is_open() || file.bad()) {
    throw std::invalid_argument(std::string(kRule) +
                                "; it has no certificate, and no file of that name can be read");
  }
  if (text.find(kBegin) == std::string::npos) {
    throw std::invalid_argument(std::string(kRule) + "; there are none in the file " +
                                text_or_file);
  }
  return text;
}

void warn_of(seconds keep_alive, const std::string& client_id) {
  if (keep_alive <= kSafeKeepAlive) return;
  log_for(client_id, LogLevel::warning, "Client", "keep_alive of ", in_seconds(keep_alive),
          " is risky: above ", in_seconds(kSafeKeepAlive),
          " IoT Hub may close an idle connection before a ping is due");
}

struct Identity {
  std::string_view hostname;
  std::string_view gateway_hostname;
  std::string_view device_id;
  std::string_view module_id;
};

// All but the credential.
template <class Options>
HubClientConfig make_config(const Identity& identity, const Options& options) {
  check_options(options);
  warn_of(options.keep_alive, get_hub_client_id(identity.device_id, identity.module_id));
  HubClientConfig config;
  config.loop = options.event_loop ? options.event_loop : EventLoop::shared();
  config.hub = {.device_id = std::string(identity.device_id),
                .module_id = std::string(identity.module_id),
                .product_info = options.product_info,
                .user_agent = get_iothub_user_agent(),
                .ensure_desired_properties = options.ensure_desired_properties};
  config.stages = options.stages;

  PipelineConfig& pipeline = config.pipeline;
  pipeline.hostname = identity.hostname;
  pipeline.gateway_hostname = identity.gateway_hostname;
  pipeline.port = options.port;
  pipeline.server_verification_cert = read_certificates(options.server_verification_cert);
  pipeline.keep_alive = options.keep_alive;
  pipeline.auto_connect = options.auto_connect;
  pipeline.connection_retry = options.connection_retry;
  pipeline.connection_retry_interval = options.connection_retry_interval;
  pipeline.retry_policy = options.retry_policy;
  pipeline.max_in_flight = options.max_in_flight;
  pipeline.operation_timeout = options.operation_timeout;
  return config;
}

template <class Options>
HubClientConfig make_config_with_key(const Identity& identity, std::string_view key,
                                     const Options& options) {
  HubClientConfig config = make_config(identity, options);
  auto sastoken = std::make_shared<RenewableSasToken>(
      hub_sas_uri(identity.hostname, identity.device_id, identity.module_id),
      std::make_shared<SymmetricKeySigningMechanism>(key), std::string{}, options.sastoken_ttl);
  if (const Error error = sastoken->refresh(config.loop->wall_now())) {
    throw std::invalid_argument("symmetric key: a token could not be signed with it; " +
                                error.describe());
  }
  config.pipeline.sastoken = std::move(sastoken);
  return config;
}

void check_present(std::string_view argument, std::string_view value) {
  if (value.empty()) throw std::invalid_argument(std::string(argument) + ": must not be empty");
}

}  // namespace

HubClientConfig config_from_connection_string(std::string_view connection_string,
                                              const ConnectionStringOptions& options) {
  const ConnectionString parts(connection_string);
  if (parts.get("x509")) {
    throw std::invalid_argument(
        "connection string: x509 cannot be used here; create the client from the certificate");
  }
  // A policy's connection string, as the portal shows it for services, names no device.
  if (parts.device_id().empty()) {
    throw std::invalid_argument(
        "connection string: DeviceId is missing; take the connection string of a device or module");
  }
  if (parts.shared_access_key().empty()) {
    throw std::invalid_argument("connection string: SharedAccessKey is missing");
  }
  return make_config_with_key({.hostname = parts.host_name(),
                               .gateway_hostname = parts.gateway_host_name(),
                               .device_id = parts.device_id(),
                               .module_id = parts.module_id()},
                              parts.shared_access_key(), options);
}

HubClientConfig config_from_symmetric_key(std::string_view symmetric_key, std::string_view hostname,
                                          std::string_view device_id,
                                          const SymmetricKeyOptions& options) {
  check_present("symmetric_key", symmetric_key);
  check_present("hostname", hostname);
  check_present("device_id", device_id);
  return make_config_with_key({.hostname = hostname,
                               .gateway_hostname = options.gateway_hostname,
                               .device_id = device_id,
                               .module_id = {}},
                              symmetric_key, options);
}

HubClientConfig config_from_sastoken(std::string_view sastoken, TokenOwner owner,
                                     const SasTokenOptions& options) {
  const auto loop = options.event_loop ? options.event_loop : EventLoop::shared();
  OwnSasToken own = read_own_sastoken(sastoken, owner, loop->wall_now());
  const HubSasUri& identity = own.gives_access_to;
  HubClientConfig config = make_config({.hostname = identity.hostname,
                                        .gateway_hostname = options.gateway_hostname,
                                        .device_id = identity.device_id,
                                        .module_id = identity.module_id},
                                       options);
  config.pipeline.sastoken = std::move(own.token);
  return config;
}

}  // namespace azure::iot::device::detail
