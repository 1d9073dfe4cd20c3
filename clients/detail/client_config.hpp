#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "../../iothub/iothub_config.hpp"
#include "../../pipeline/pipeline_config.hpp"
#include "../client_options.hpp"
#include "option_warnings.hpp"
#include "own_sastoken.hpp"

namespace azure::iot::device::detail {

// Checked configuration of a hub client.
struct HubClientConfig {
  PipelineConfig pipeline;
  IotHubConfig hub;
  std::shared_ptr<EventLoop> loop;
  std::vector<StageInsertion> stages = {};
  Warnings warnings = {};  // Logged when the client is created.
};

// Each throws std::invalid_argument, which names the argument, the rule and the value. A secret
// value is left out.
HubClientConfig config_from_connection_string(std::string_view connection_string,
                                              const ConnectionStringOptions& options);
HubClientConfig config_from_symmetric_key(std::string_view symmetric_key, std::string_view hostname,
                                          std::string_view device_id,
                                          const SymmetricKeyOptions& options);
HubClientConfig config_from_sastoken(std::string_view sastoken, TokenOwner owner,
                                     const SasTokenOptions& options);

// An empty module id means a device.
HubClientConfig config_from_x509_certificate(const X509& x509, std::string_view hostname,
                                             std::string_view device_id, std::string_view module_id,
                                             const X509Options& options);

}  // namespace azure::iot::device::detail
