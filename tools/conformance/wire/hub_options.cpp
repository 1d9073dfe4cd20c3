#include "tools/conformance/wire/hub_options.hpp"

#include <cstdint>
#include <stdexcept>
#include <utility>

#include "tools/conformance/wire/certificates.hpp"
#include "tools/conformance/wire/values.hpp"

namespace azure::iot::device::conformance::wire {
namespace {

template <class Options>
void set_option(Options& options, const std::string& name, const Json& value,
                const ProxyPorts& ports) {
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
  } else if (name == "websockets") {
    options.websockets = truth();
  } else if (name == "proxy_options") {
    options.proxy_options = to_proxy_options(value, ports);
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

ProxyOptions to_proxy_options(const Json& value, const ProxyPorts& ports) {
  ProxyOptions proxy;
  const Json& type = value["type"];
  if (type == Json("HTTP")) {
    proxy.type = ProxyType::http;
  } else if (type == Json("SOCKS4")) {
    proxy.type = ProxyType::socks4;
  } else if (type == Json("SOCKS5")) {
    proxy.type = ProxyType::socks5;
  } else {
    throw CompileTimeRefusal("ProxyType", type);  // An enumeration here.
  }
  proxy.address = value["address"].as_string();
  const Json& port = value["port"];
  if (port == Json("{proxy_port}")) {
    proxy.port = ports.proxy;
  } else if (port == Json("{closed_port}")) {
    proxy.port = ports.closed;
  } else {
    const int number = to_int("port", port);
    if (!std::in_range<std::uint16_t>(number)) {
      throw std::invalid_argument("port: out of range: " + port.dump());
    }
    proxy.port = static_cast<std::uint16_t>(number);
  }
  if (const Json* username = value.find("username"))
    proxy.username = to_text("username", *username);
  if (const Json* password = value.find("password"))
    proxy.password = to_text("password", *password);
  return proxy;
}

std::optional<bool> takes_option(std::string_view factory, std::string_view option) {
  return is_taken(kHubOptions, kFactories, factory, option);
}

template <class Options>
Options to_options(const Json& options, const ProxyPorts& ports) {
  Options made;
  if (options.is_null()) return made;
  for (const JsonMember& each : options.members()) set_option(made, each.name, each.value, ports);
  return made;
}

template ConnectionStringOptions to_options(const Json& options, const ProxyPorts& ports);
template SymmetricKeyOptions to_options(const Json& options, const ProxyPorts& ports);
template SasTokenOptions to_options(const Json& options, const ProxyPorts& ports);
template X509Options to_options(const Json& options, const ProxyPorts& ports);

}  // namespace azure::iot::device::conformance::wire
