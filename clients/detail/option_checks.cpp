#include "clients/detail/option_checks.hpp"

#include <stdexcept>

#include "clients/detail/pem_text.hpp"
#include "pipeline/text/quoted.hpp"

namespace azure::iot::device::detail {
namespace {

using std::chrono::seconds;

constexpr seconds kMaxKeepAlive{1740};
// Longest time that a timer of the Python SDK can wait for, and that a Duration can hold.
constexpr seconds kLongestTime{9223372036};

std::string in_seconds(seconds value) { return std::to_string(value.count()) + " s"; }

}  // namespace

void refuse(std::string_view argument, std::string_view rule, std::string_view value) {
  throw std::invalid_argument(std::string(argument) + ": " + std::string(rule) + "; got " +
                              escaped(value, kLongestQuote));
}

void check_present(std::string_view argument, std::string_view value) {
  if (value.empty()) throw std::invalid_argument(std::string(argument) + ": must not be empty");
}

void check_keep_alive(seconds keep_alive) {
  if (keep_alive > seconds{0} && keep_alive <= kMaxKeepAlive) return;
  refuse("keep_alive", "must be greater than 0 s and cannot exceed 1740 s (29 minutes)",
         in_seconds(keep_alive));
}

void check_connection_retry_interval(seconds interval) {
  if (interval > seconds{0} && interval <= kLongestTime) return;
  refuse("connection_retry_interval", "must be greater than 0 s and cannot exceed 9223372036 s",
         in_seconds(interval));
}

void check_operation_timeout(std::chrono::milliseconds timeout) {
  if (timeout >= timeout.zero() && timeout <= kLongestTime) return;
  refuse("operation_timeout",
         "must not be negative, where 0 means no timeout, and cannot exceed 9223372036 s",
         std::to_string(timeout.count()) + " ms");
}

void check_max_in_flight(std::size_t count) {
  if (count < 1 || count > 65535) {
    refuse("max_in_flight", "must be 1 to 65535", std::to_string(count));
  }
}

void check_proxy_options(const ProxyOptions& proxy) {
  constexpr std::string_view kOption = "proxy_options";
  constexpr std::size_t kLongest = 255;  // RFC 1928, RFC 1929.
  if (proxy.address.empty()) refuse(kOption, "address must name a host", "nothing");
  const std::size_t at = proxy.address.rfind('@');  // The part before it may contain a password.
  const std::string shown =
      at == std::string::npos ? proxy.address : "..." + proxy.address.substr(at);
  // In the URL that it becomes part of, such text would be more than an address.
  if (proxy.address.find_first_of("/@?# \t\r\n") != std::string::npos) {
    refuse(kOption, "address must be a name or an IP address, without scheme, user and port",
           shown);
  }
  if (const auto rule = broken_text_rule(proxy.address, kLongest)) {
    refuse(kOption, "address " + *rule, shown);
  }
  if (proxy.port == 0) refuse(kOption, "port must be 1 to 65535", "0");
  if (proxy.username.size() > kLongest || proxy.password.size() > kLongest) {
    throw std::invalid_argument(
        "proxy_options: username and password must be at most 255 bytes long each");
  }
  for (const std::string* text : {&proxy.username, &proxy.password}) {
    if (const auto rule = broken_text_rule(*text)) {
      throw std::invalid_argument("proxy_options: username and password " + *rule);
    }
  }
  if (!proxy.password.empty() && proxy.username.empty()) {
    throw std::invalid_argument("proxy_options: a password needs a username");
  }
}

std::string read_certificates(const std::string& text_or_file) {
  return read_pem_text(text_or_file, "server_verification_cert", "certificates",
                       "BEGIN CERTIFICATE");
}

}  // namespace azure::iot::device::detail
