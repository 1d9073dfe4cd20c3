#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "clients/client_options.hpp"
#include "pipeline/json/json.hpp"
#include "pipeline/pipeline_config.hpp"
#include "tools/conformance/wire/option_rows.hpp"

// The options, by their names in Python, that each factory of a hub's client takes here. The
// compiler decides whether a factory takes one.
namespace azure::iot::device::conformance::wire {

inline constexpr std::array<std::string_view, 4> kFactories{"connection_string", "symmetric_key",
                                                            "sastoken", "x509"};

// A row for each option of Python's clients of the hub.
inline constexpr std::array kHubOptions{
#define AZURE_IOT_OPTION(option)                                                          \
  option_row<ConnectionStringOptions, SymmetricKeyOptions, SasTokenOptions, X509Options>( \
      #option, AZURE_IOT_HAS(option)),
#include "python_options/hub_clients.inc"
#undef AZURE_IOT_OPTION
};

// Whether that factory takes that option; nothing if this library has no such factory.
std::optional<bool> takes_option(std::string_view factory, std::string_view option);

// The values for which the vectors have placeholders.
struct ProxyPorts {
  std::uint16_t proxy = 0;
  std::uint16_t closed = 0;
};
ProxyOptions to_proxy_options(const Json& value, const ProxyPorts& ports);

// Sets the options. Throws CompileTimeRefusal for a value or an option that no program can name.
template <class Options>
Options to_options(const Json& options, const ProxyPorts& ports);

}  // namespace azure::iot::device::conformance::wire
