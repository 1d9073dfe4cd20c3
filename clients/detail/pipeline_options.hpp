#pragma once

#include <string_view>

#include "../../pipeline/pipeline_config.hpp"
#include "option_checks.hpp"

namespace azure::iot::device::detail {

// Pipeline part of the options of a client, for any service. The options have been checked. Those
// that a struct does not have keep their defaults.
template <class Options>
PipelineConfig pipeline_config_from(std::string_view hostname, const Options& options) {
  PipelineConfig pipeline;
  pipeline.hostname = hostname;
  pipeline.port = options.port;
  pipeline.server_verification_cert = read_certificates(options.server_verification_cert);
  pipeline.cipher = options.cipher.text();
  pipeline.websockets = options.websockets;
  pipeline.proxy_options = options.proxy_options;
  pipeline.keep_alive = options.keep_alive;
  pipeline.operation_timeout = options.operation_timeout;
  if constexpr (requires { options.gateway_hostname; }) {
    pipeline.gateway_hostname = options.gateway_hostname;
  }
  if constexpr (requires { options.auto_connect; }) {
    pipeline.auto_connect = options.auto_connect;
    pipeline.connection_retry = options.connection_retry;
    pipeline.connection_retry_interval = options.connection_retry_interval;
    pipeline.retry_first_connection = options.retry_first_connection;
    pipeline.retry_policy = options.retry_policy;
    pipeline.max_in_flight = options.max_in_flight;
  }
  return pipeline;
}

}  // namespace azure::iot::device::detail
