#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "../../pipeline/pipeline_config.hpp"
#include "../../provisioning/provisioning_config.hpp"
#include "../provisioning_client_options.hpp"
#include "option_warnings.hpp"

namespace azure::iot::device::detail {

// Checked configuration of a client of the provisioning service.
struct ProvisioningClientConfig {
  PipelineConfig pipeline;
  ProvisioningConfig provisioning;
  std::shared_ptr<EventLoop> loop;
  std::vector<StageInsertion> stages = {};
  Warnings warnings = {};  // Logged when the client is created.
};

// Each throws std::invalid_argument, which names the argument, the rule and the value. A secret
// value is left out.
ProvisioningClientConfig config_from_symmetric_key(std::string_view provisioning_host,
                                                   std::string_view registration_id,
                                                   std::string_view id_scope,
                                                   std::string_view symmetric_key,
                                                   const ProvisioningSymmetricKeyOptions& options);

ProvisioningClientConfig config_from_x509_certificate(std::string_view provisioning_host,
                                                      std::string_view registration_id,
                                                      std::string_view id_scope, const X509& x509,
                                                      const ProvisioningX509Options& options);

// Checks the rules of a registration id that are known here: it is not blank, and is an id.
void check_registration_id(std::string_view registration_id);

}  // namespace azure::iot::device::detail
