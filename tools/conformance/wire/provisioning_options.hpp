#pragma once

#include <string>
#include <string_view>

#include "clients/provisioning_client_options.hpp"
#include "pipeline/json/json.hpp"
#include "tools/conformance/wire/hub_options.hpp"

// Which option, by its name in Python, each way of making a client of the provisioning service
// takes here.
namespace azure::iot::device::conformance::wire {

bool takes_provisioning_option(std::string_view factory, const std::string& option);

// Sets the options. Throws CompileTimeRefusal for a value that no program can give.
template <class Options>
Options to_provisioning_options(const Json& options, const ProxyPorts& ports);

}  // namespace azure::iot::device::conformance::wire
