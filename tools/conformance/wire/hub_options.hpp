#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "clients/client_options.hpp"
#include "pipeline/json/json.hpp"
#include "pipeline/pipeline_config.hpp"

// Which option, by its name in Python, each way of making a client of the hub takes here. Whether
// it does is asked of the compiler.
namespace azure::iot::device::conformance::wire {

// Whether a program compiles that gives the option that value, as users write it.
#define AZURE_IOT_HAS_OPTION(option, value)        \
  []<class Options>(const Options*) {              \
    return requires { Options{.option = value}; }; \
  }

// One row: an option, and a predicate over the option types of the factories.
template <class Has>
constexpr std::array<bool, 4> factories_with(const Has& has) {
  return {has(static_cast<const ConnectionStringOptions*>(nullptr)),
          has(static_cast<const SymmetricKeyOptions*>(nullptr)),
          has(static_cast<const SasTokenOptions*>(nullptr)),
          has(static_cast<const X509Options*>(nullptr))};
}

struct OptionRow {
  std::string_view name;
  std::array<bool, 4> taken;  // In the order of kFactories.
};

inline constexpr std::array<std::string_view, 4> kFactories{"connection_string", "symmetric_key",
                                                            "sastoken", "x509"};

// In the order of constants.json.
inline constexpr std::array kHubOptions{
    OptionRow{"server_verification_cert",
              factories_with(AZURE_IOT_HAS_OPTION(server_verification_cert, std::string()))},
    OptionRow{"gateway_hostname",
              factories_with(AZURE_IOT_HAS_OPTION(gateway_hostname, std::string()))},
    OptionRow{"websockets", factories_with(AZURE_IOT_HAS_OPTION(websockets, true))},
    OptionRow{"cipher", factories_with(AZURE_IOT_HAS_OPTION(cipher, Cipher()))},
    OptionRow{"product_info", factories_with(AZURE_IOT_HAS_OPTION(product_info, std::string()))},
    OptionRow{"proxy_options", factories_with(AZURE_IOT_HAS_OPTION(proxy_options, ProxyOptions()))},
    OptionRow{"sastoken_ttl",
              factories_with(AZURE_IOT_HAS_OPTION(sastoken_ttl, std::chrono::seconds(1)))},
    OptionRow{"keep_alive",
              factories_with(AZURE_IOT_HAS_OPTION(keep_alive, std::chrono::seconds(1)))},
    OptionRow{"auto_connect", factories_with(AZURE_IOT_HAS_OPTION(auto_connect, true))},
    OptionRow{"connection_retry", factories_with(AZURE_IOT_HAS_OPTION(connection_retry, true))},
    OptionRow{
        "connection_retry_interval",
        factories_with(AZURE_IOT_HAS_OPTION(connection_retry_interval, std::chrono::seconds(1)))},
    OptionRow{"ensure_desired_properties",
              factories_with(AZURE_IOT_HAS_OPTION(ensure_desired_properties, true))},
};

#undef AZURE_IOT_HAS_OPTION

// Whether that factory takes that option; nothing if this library has no such factory.
std::optional<bool> takes_option(std::string_view factory, std::string_view option);

// Those for which the vectors have placeholders.
struct ProxyPorts {
  std::uint16_t proxy = 0;
  std::uint16_t closed = 0;
};
ProxyOptions to_proxy_options(const Json& value, const ProxyPorts& ports);

// Sets the options. Throws CompileTimeRefusal for a value, or an option, that no program can give.
template <class Options>
Options to_options(const Json& options, const ProxyPorts& ports);

}  // namespace azure::iot::device::conformance::wire
