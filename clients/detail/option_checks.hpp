#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "../../pipeline/proxy_options.hpp"
#include "text_checks.hpp"

// Rules of options and arguments that the clients of all services share. The checks throw
// std::invalid_argument, which names the argument, the rule and the value. A secret value is left
// out.
namespace azure::iot::device::detail {

[[noreturn]] void refuse(std::string_view argument, std::string_view rule, std::string_view value);
void check_present(std::string_view argument, std::string_view value);
void check_keep_alive(std::chrono::seconds keep_alive);
void check_connection_retry_interval(std::chrono::seconds interval);
void check_operation_timeout(std::chrono::milliseconds timeout);
void check_max_in_flight(std::size_t count);
void check_proxy_options(const ProxyOptions& proxy);

// Checks the options that a struct has.
template <class Options>
void check_options(const Options& options) {
  check_keep_alive(options.keep_alive);
  if constexpr (requires { options.connection_retry_interval; }) {
    check_connection_retry_interval(options.connection_retry_interval);
  }
  check_operation_timeout(options.operation_timeout);
  if constexpr (requires { options.proxy_options; }) {
    if (options.proxy_options) check_proxy_options(*options.proxy_options);
  }
  if constexpr (requires { options.max_in_flight; }) check_max_in_flight(options.max_in_flight);
  if constexpr (requires { options.gateway_hostname; }) {
    if (!options.gateway_hostname.empty()) {
      check_host_name("gateway_hostname", options.gateway_hostname);
    }
  }
  if constexpr (requires { options.product_info; }) check_product_info(options.product_info);
}

// Returns the certificates of the option `server_verification_cert`: the text itself, or the
// contents of the file of that name.
std::string read_certificates(const std::string& text_or_file);

}  // namespace azure::iot::device::detail
