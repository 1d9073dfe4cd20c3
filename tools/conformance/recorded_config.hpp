#pragma once

#include <memory>

#include "pipeline/auth/sastoken.hpp"
#include "pipeline/json/json.hpp"
#include "pipeline/loop/time.hpp"
#include "pipeline/pipeline_config.hpp"
#include "subjects.hpp"

// Reads the configuration of a trace, which names every key.
namespace azure::iot::device::conformance {

// Makes a token at the time `now`; null if there is none. While `*signing_fails`, signing it fails.
std::shared_ptr<SasToken> to_sastoken(const Json& fields, WallTime now,
                                      std::shared_ptr<const bool> signing_fails);
// Reads everything but the token.
PipelineConfig to_pipeline_config(const Json& config);
ServiceConfig to_service_config(const Json& config);

// Proxy options as they stand in a trace.
Json describe_proxy(const ProxyOptions& proxy);

}  // namespace azure::iot::device::conformance
