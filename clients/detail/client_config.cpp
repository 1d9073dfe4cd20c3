#include "clients/detail/client_config.hpp"

#include <stdexcept>
#include <string>
#include <utility>

#include "clients/detail/own_certificate.hpp"
#include "clients/detail/pipeline_options.hpp"
#include "iothub/sas_uri.hpp"
#include "iothub/user_agent.hpp"
#include "pipeline/auth/connection_string.hpp"
#include "pipeline/auth/symmetric_key.hpp"

namespace azure::iot::device::detail {
namespace {

struct Identity {
  std::string_view hostname;
  std::string_view gateway_hostname;
  std::string_view device_id;
  std::string_view module_id;
};

// Names of the parts of an identity in the source that it was read from.
struct IdentityNames {
  std::string_view hostname = "hostname";
  std::string_view gateway_hostname = "gateway_hostname";
  std::string_view device_id = "device_id";
  std::string_view module_id = "module_id";
};
constexpr IdentityNames kInConnectionString{
    .hostname = "connection string: HostName",
    .gateway_hostname = "connection string: GatewayHostName",
    .device_id = "connection string: DeviceId",
    .module_id = "connection string: ModuleId"};
constexpr IdentityNames kInSasToken{.hostname = "sastoken: the host name in it",
                                    .device_id = "sastoken: the device id in it",
                                    .module_id = "sastoken: the module id in it"};

void check_identity(const Identity& identity, const IdentityNames& names) {
  check_host_name(names.hostname, identity.hostname);
  if (!identity.gateway_hostname.empty()) {
    check_host_name(names.gateway_hostname, identity.gateway_hostname);
  }
  check_present(names.device_id, identity.device_id);
  check_hub_id(names.device_id, identity.device_id);
  check_hub_id(names.module_id, identity.module_id);
}

// Converts everything except the credential.
template <class Options>
HubClientConfig make_config(const Identity& identity, const Options& options,
                            const IdentityNames& names = {}) {
  check_identity(identity, names);
  check_options(options);
  HubClientConfig config;
  warn_of_keep_alive(config.warnings, options.keep_alive);
  warn_of_proxy(config.warnings, options.proxy_options);
  config.loop = options.event_loop ? options.event_loop : EventLoop::shared();
  config.hub = {.device_id = std::string(identity.device_id),
                .module_id = std::string(identity.module_id),
                .product_info = options.product_info,
                .user_agent = get_iothub_user_agent(),
                .ensure_desired_properties = options.ensure_desired_properties};
  config.stages = options.stages;

  config.pipeline = pipeline_config_from(identity.hostname, options);
  // Unlike the other options, the gateway of a connection string is part of its text.
  config.pipeline.gateway_hostname = identity.gateway_hostname;
  return config;
}

template <class Options>
HubClientConfig make_config_with_key(const Identity& identity, std::string_view key,
                                     const Options& options, const IdentityNames& names = {}) {
  HubClientConfig config = make_config(identity, options, names);
  warn_of_token(config.warnings, key, options.sastoken_ttl);
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

}  // namespace

HubClientConfig config_from_connection_string(std::string_view connection_string,
                                              const ConnectionStringOptions& options) {
  const ConnectionString parts(connection_string);
  if (parts.get("x509")) {
    throw std::invalid_argument(
        "connection string: x509 cannot be used here; create the client from the certificate");
  }
  // The connection string of a shared access policy, which the portal shows for services, names no
  // device.
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
                              parts.shared_access_key(), options, kInConnectionString);
}

HubClientConfig config_from_symmetric_key(std::string_view symmetric_key, std::string_view hostname,
                                          std::string_view device_id,
                                          const SymmetricKeyOptions& options) {
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
                                       options, kInSasToken);
  config.pipeline.sastoken = std::move(own.token);
  return config;
}

HubClientConfig config_from_x509_certificate(const X509& x509, std::string_view hostname,
                                             std::string_view device_id, std::string_view module_id,
                                             const X509Options& options) {
  HubClientConfig config = make_config({.hostname = hostname,
                                        .gateway_hostname = options.gateway_hostname,
                                        .device_id = device_id,
                                        .module_id = module_id},
                                       options);
  config.pipeline.x509 = read_own_certificate(x509, config.loop->wall_now());
  return config;
}

}  // namespace azure::iot::device::detail
