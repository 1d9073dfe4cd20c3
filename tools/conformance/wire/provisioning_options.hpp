#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "clients/provisioning_client_options.hpp"
#include "pipeline/json/json.hpp"
#include "tools/conformance/wire/hub_options.hpp"
#include "tools/conformance/wire/option_rows.hpp"

// The options, by their names in Python, that each factory of a provisioning client takes here. The
// compiler decides whether a factory takes one.
namespace azure::iot::device::conformance::wire {

inline constexpr std::array<std::string_view, 2> kProvisioningFactories{"symmetric_key", "x509"};

// A row for each option of Python's client.
inline constexpr std::array kProvisioningOptions{
#define AZURE_IOT_OPTION(option)                                                \
  option_row<ProvisioningSymmetricKeyOptions, ProvisioningX509Options>(#option, \
                                                                       AZURE_IOT_HAS(option)),
#include "python_options/provisioning.inc"
#undef AZURE_IOT_OPTION
};

// Whether that factory takes that option; nothing if there is no such factory.
std::optional<bool> takes_provisioning_option(std::string_view factory, std::string_view option);

// Sets the options. Throws CompileTimeRefusal for a value that no program can name.
template <class Options>
Options to_provisioning_options(const Json& options, const ProxyPorts& ports);

}  // namespace azure::iot::device::conformance::wire
