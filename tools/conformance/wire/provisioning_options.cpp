#include "tools/conformance/wire/provisioning_options.hpp"

#include <functional>
#include <map>
#include <stdexcept>

#include "tools/conformance/wire/certificates.hpp"
#include "tools/conformance/wire/values.hpp"

namespace azure::iot::device::conformance::wire {
namespace {

template <class Options>
using Setters = std::map<std::string, std::function<void(Options&, const Json&, const ProxyPorts&)>,
                         std::less<>>;

// The options that a program can name; the compiler decides.
template <class Options>
Setters<Options> make_setters() {
  Setters<Options> setters{
      {"server_verification_cert",
       [](Options& options, const Json& value, const ProxyPorts&) {
         options.server_verification_cert =
             certificates_in(to_text("server_verification_cert", value));
       }},
      {"gateway_hostname",
       [](Options& options, const Json& value, const ProxyPorts&) {
         options.gateway_hostname = to_text("gateway_hostname", value);
       }},
      {"cipher", [](Options& options, const Json& value,
                    const ProxyPorts&) { options.cipher = to_cipher("cipher", value); }},
      {"websockets", [](Options& options, const Json& value,
                        const ProxyPorts&) { options.websockets = to_bool("websockets", value); }},
      {"proxy_options",
       [](Options& options, const Json& value, const ProxyPorts& ports) {
         options.proxy_options = to_proxy_options(value, ports);
       }},
      {"keep_alive",
       [](Options& options, const Json& value, const ProxyPorts&) {
         options.keep_alive = to_seconds("keep_alive", value);
       }},
  };
  if constexpr (requires(Options options) { options.sastoken_ttl; }) {
    setters.emplace("sastoken_ttl", [](Options& options, const Json& value, const ProxyPorts&) {
      options.sastoken_ttl = to_seconds("sastoken_ttl", value);
    });
  }
  return setters;
}

template <class Options>
const Setters<Options>& setters() {
  static const Setters<Options> all = make_setters<Options>();
  return all;
}

}  // namespace

std::optional<bool> takes_provisioning_option(std::string_view factory, std::string_view option) {
  return is_taken(kProvisioningOptions, kProvisioningFactories, factory, option);
}

template <class Options>
Options to_provisioning_options(const Json& options, const ProxyPorts& ports) {
  Options made;
  if (options.is_null()) return made;
  for (const JsonMember& each : options.members()) {
    setters<Options>().at(each.name)(made, each.value, ports);
  }
  return made;
}

template ProvisioningSymmetricKeyOptions to_provisioning_options(const Json& options,
                                                                 const ProxyPorts& ports);
template ProvisioningX509Options to_provisioning_options(const Json& options,
                                                         const ProxyPorts& ports);

}  // namespace azure::iot::device::conformance::wire
