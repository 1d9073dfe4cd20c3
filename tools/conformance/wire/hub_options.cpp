#include "tools/conformance/wire/hub_options.hpp"

#include <algorithm>

#include "tools/conformance/wire/certificates.hpp"
#include "tools/conformance/wire/values.hpp"

namespace azure::iot::device::conformance::wire {
namespace {

template <class Options>
void set_option(Options& options, const std::string& name, const Json& value) {
  const auto seconds = [&] { return to_seconds(name, value); };
  const auto truth = [&] { return to_bool(name, value); };
  if (name == "server_verification_cert") {
    options.server_verification_cert = certificates_in(to_text(name, value));
  } else if (name == "product_info") {
    options.product_info = to_text(name, value);
  } else if (name == "keep_alive") {
    options.keep_alive = seconds();
  } else if (name == "auto_connect") {
    options.auto_connect = truth();
  } else if (name == "connection_retry") {
    options.connection_retry = truth();
  } else if (name == "connection_retry_interval") {
    options.connection_retry_interval = seconds();
  } else if (name == "ensure_desired_properties") {
    options.ensure_desired_properties = truth();
  } else if (name == "cipher") {
    options.cipher = to_cipher(name, value);
  } else if (name == "gateway_hostname") {
    if constexpr (requires { options.gateway_hostname; }) {
      options.gateway_hostname = to_text(name, value);
    }
  } else if (name == "sastoken_ttl") {
    if constexpr (requires { options.sastoken_ttl; }) options.sastoken_ttl = seconds();
  } else {
    throw std::logic_error("the replayer does not set the option " + name);
  }
}

}  // namespace

std::optional<bool> takes_option(std::string_view factory, std::string_view option) {
  const auto column = std::find(kFactories.begin(), kFactories.end(), factory);
  if (column == kFactories.end()) return std::nullopt;
  const auto row = std::find_if(kHubOptions.begin(), kHubOptions.end(),
                                [&](const OptionRow& each) { return each.name == option; });
  if (row == kHubOptions.end()) return false;
  return row->taken[static_cast<std::size_t>(column - kFactories.begin())];
}

template <class Options>
Options to_options(const Json& options) {
  Options made;
  if (options.is_null()) return made;
  for (const JsonMember& each : options.members()) set_option(made, each.name, each.value);
  return made;
}

template ConnectionStringOptions to_options(const Json& options);
template SymmetricKeyOptions to_options(const Json& options);
template SasTokenOptions to_options(const Json& options);
template X509Options to_options(const Json& options);

}  // namespace azure::iot::device::conformance::wire
