#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "../../pipeline/pipeline_config.hpp"
#include "../../provisioning/provisioning_config.hpp"
#include "../provisioning_client_options.hpp"
#include "option_warnings.hpp"

namespace azure::iot::device::detail {

// What a client of the provisioning service is made of, checked.
struct ProvisioningClientConfig {
  PipelineConfig pipeline;
  ProvisioningConfig provisioning;
  std::shared_ptr<EventLoop> loop;
  std::vector<StageInsertion> stages = {};
  Warnings warnings = {};  // Told when the client is made.
};

// Throw std::invalid_argument naming the argument, the rule and the value, unless it is secret.
ProvisioningClientConfig config_from_symmetric_key(std::string_view provisioning_host,
                                                   std::string_view registration_id,
                                                   std::string_view id_scope,
                                                   std::string_view symmetric_key,
                                                   const ProvisioningSymmetricKeyOptions& options);

ProvisioningClientConfig config_from_x509_certificate(std::string_view provisioning_host,
                                                      std::string_view registration_id,
                                                      std::string_view id_scope, const X509& x509,
                                                      const ProvisioningX509Options& options);

// The rules of a registration id as far as they are known here: it is not blank, and is an id.
void check_registration_id(std::string_view registration_id);

}  // namespace azure::iot::device::detail
