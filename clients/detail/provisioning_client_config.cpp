#include "clients/detail/provisioning_client_config.hpp"

#include <stdexcept>
#include <string>
#include <utility>

#include "clients/detail/own_certificate.hpp"
#include "clients/detail/pipeline_options.hpp"
#include "pipeline/auth/symmetric_key.hpp"
#include "pipeline/text/text.hpp"
#include "provisioning/user_agent.hpp"

namespace azure::iot::device::detail {
namespace {

// Converts everything except the credential.
template <class Options>
ProvisioningClientConfig make_config(std::string_view provisioning_host,
                                     std::string_view registration_id, std::string_view id_scope,
                                     const Options& options) {
  check_registration_id(registration_id);
  check_host_name("provisioning_host", provisioning_host);
  check_text("id_scope", id_scope, kLongestInUserName);
  check_options(options);
  ProvisioningClientConfig config;
  warn_of_id_scope(config.warnings, id_scope);
  warn_of_proxy(config.warnings, options.proxy_options);
  config.loop = options.event_loop ? options.event_loop : EventLoop::shared();
  config.provisioning = {.registration_id = std::string(registration_id),
                         .id_scope = std::string(id_scope),
                         .user_agent = get_provisioning_user_agent()};
  config.stages = options.stages;

  config.pipeline = pipeline_config_from(provisioning_host, options);
  return config;
}

}  // namespace

ProvisioningClientConfig config_from_symmetric_key(std::string_view provisioning_host,
                                                   std::string_view registration_id,
                                                   std::string_view id_scope,
                                                   std::string_view symmetric_key,
                                                   const ProvisioningSymmetricKeyOptions& options) {
  ProvisioningClientConfig config =
      make_config(provisioning_host, registration_id, id_scope, options);
  warn_of_token(config.warnings, symmetric_key, options.sastoken_ttl);
  auto sastoken = std::make_shared<RenewableSasToken>(
      dps_sas_uri(id_scope, registration_id),
      std::make_shared<SymmetricKeySigningMechanism>(symmetric_key), std::string{},
      options.sastoken_ttl);
  if (const Error error = sastoken->refresh(config.loop->wall_now())) {
    throw std::invalid_argument("symmetric_key: a token could not be signed with it; " +
                                error.describe());
  }
  config.pipeline.sastoken = std::move(sastoken);
  return config;
}

ProvisioningClientConfig config_from_x509_certificate(std::string_view provisioning_host,
                                                      std::string_view registration_id,
                                                      std::string_view id_scope, const X509& x509,
                                                      const ProvisioningX509Options& options) {
  ProvisioningClientConfig config =
      make_config(provisioning_host, registration_id, id_scope, options);
  config.pipeline.x509 = read_own_certificate(x509, config.loop->wall_now());
  return config;
}

void check_registration_id(std::string_view registration_id) {
  if (strip(registration_id).empty()) {
    throw std::invalid_argument("registration_id: must not be empty or blank");
  }
  check_id("registration_id", registration_id);
}

}  // namespace azure::iot::device::detail
