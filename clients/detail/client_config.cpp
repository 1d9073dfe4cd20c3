#include "clients/detail/client_config.hpp"

#include <stdexcept>
#include <string>
#include <utility>

#include "iothub/sas_uri.hpp"
#include "iothub/user_agent.hpp"
#include "pipeline/auth/connection_string.hpp"
#include "pipeline/auth/symmetric_key.hpp"

namespace azure::iot::device::detail {
namespace {

using std::chrono::seconds;

constexpr seconds kMaxKeepAlive{1740};
// What a timer of the Python SDK can wait for, and a Duration can hold.
constexpr seconds kLongestTime{9223372036};

[[noreturn]] void refuse(std::string_view argument, std::string_view rule,
                         const std::string& value) {
  throw std::invalid_argument(std::string(argument) + ": " + std::string(rule) + "; got " + value);
}

std::string in_seconds(seconds value) { return std::to_string(value.count()) + " s"; }

void check_options(const ConnectionStringOptions& options) {
  if (options.keep_alive <= seconds{0} || options.keep_alive > kMaxKeepAlive) {
    refuse("keep_alive", "must be greater than 0 s and cannot exceed 1740 s (29 minutes)",
           in_seconds(options.keep_alive));
  }
  if (options.sastoken_ttl <= seconds{0}) {
    refuse("sastoken_ttl", "must be greater than 0 s", in_seconds(options.sastoken_ttl));
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
  if (!options.server_verification_cert.empty() &&
      options.server_verification_cert.find("BEGIN CERTIFICATE") == std::string::npos) {
    throw std::invalid_argument(
        "server_verification_cert: must be certificates as PEM text; pass the contents of the "
        "file, not its name");
  }
}

struct Identity {
  std::string_view hostname;
  std::string_view gateway_hostname;
  std::string_view device_id;
  std::string_view module_id;
};

HubClientConfig make_config(const Identity& identity, std::string_view key,
                            const ConnectionStringOptions& options) {
  check_options(options);
  HubClientConfig config;
  config.loop = options.event_loop ? options.event_loop : EventLoop::shared();
  config.hub = {.device_id = std::string(identity.device_id),
                .module_id = std::string(identity.module_id),
                .product_info = options.product_info,
                .user_agent = get_iothub_user_agent(),
                .ensure_desired_properties = options.ensure_desired_properties};
  config.stages = options.stages;

  auto sastoken = std::make_shared<RenewableSasToken>(
      hub_sas_uri(identity.hostname, identity.device_id, identity.module_id),
      std::make_shared<SymmetricKeySigningMechanism>(key), std::string{}, options.sastoken_ttl);
  if (const Error error = sastoken->refresh(config.loop->wall_now())) {
    throw std::invalid_argument("symmetric key: a token could not be signed with it; " +
                                error.describe());
  }

  PipelineConfig& pipeline = config.pipeline;
  pipeline.hostname = identity.hostname;
  pipeline.gateway_hostname = identity.gateway_hostname;
  pipeline.port = options.port;
  pipeline.sastoken = std::move(sastoken);
  pipeline.server_verification_cert = options.server_verification_cert;
  pipeline.keep_alive = options.keep_alive;
  pipeline.auto_connect = options.auto_connect;
  pipeline.connection_retry = options.connection_retry;
  pipeline.connection_retry_interval = options.connection_retry_interval;
  pipeline.max_in_flight = options.max_in_flight;
  pipeline.operation_timeout = options.operation_timeout;
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
        "connection string: DeviceId is missing; take the connection string of a device");
  }
  if (parts.shared_access_key().empty()) {
    throw std::invalid_argument("connection string: SharedAccessKey is missing");
  }
  return make_config({.hostname = parts.host_name(),
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
  return make_config(
      {.hostname = hostname, .gateway_hostname = {}, .device_id = device_id, .module_id = {}},
      symmetric_key, options);
}

}  // namespace azure::iot::device::detail
