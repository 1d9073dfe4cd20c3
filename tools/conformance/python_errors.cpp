#include "tools/conformance/python_errors.hpp"

#include <array>
#include <utility>

namespace azure::iot::device::conformance {
namespace {

constexpr std::array<std::pair<std::string_view, Errc>, 14> kNames{{
    {"OperationCancelled", Errc::operation_cancelled},
    {"OperationTimeout", Errc::timed_out},
    {"OperationError", Errc::operation_error},
    {"PipelineNotRunning", Errc::pipeline_not_running},
    {"PipelineRuntimeError", Errc::pipeline_runtime},
    {"ConnectionFailedError", Errc::connection_failed},
    {"ConnectionDroppedError", Errc::connection_dropped},
    {"NoConnectionError", Errc::no_connection},
    {"UnauthorizedError", Errc::unauthorized},
    {"ProtocolClientError", Errc::protocol_client},
    {"TlsExchangeAuthError", Errc::tls_exchange_auth},
    {"ProtocolProxyError", Errc::protocol_proxy},
    {"ServiceError", Errc::service},
    {"SasTokenError", Errc::sas_token},
}};

}  // namespace

std::string_view python_name(Errc code) {
  for (const auto& [name, known] : kNames) {
    if (known == code) return name;
  }
  return {};
}

std::optional<Errc> errc_of(std::string_view python_name) {
  for (const auto& [name, code] : kNames) {
    if (name == python_name) return code;
  }
  return std::nullopt;
}

}  // namespace azure::iot::device::conformance
