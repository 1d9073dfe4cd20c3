#include "clients/detail/option_warnings.hpp"

#include "pipeline/log.hpp"

namespace azure::iot::device::detail {

using std::chrono::seconds;

void warn_of_keep_alive(Warnings& warnings, seconds keep_alive) {
  // IoT Hub closes a connection after 1.5 times the keep-alive without traffic, and after 1767 s at
  // most.
  constexpr seconds kSafe{1177};
  if (keep_alive <= kSafe) return;
  warnings.push_back("keep_alive of " + std::to_string(keep_alive.count()) + " s is risky: above " +
                     std::to_string(kSafe.count()) +
                     " s IoT Hub may close an idle connection before a ping is due");
}

void warn_of_token(Warnings& warnings, std::string_view symmetric_key, seconds sastoken_ttl) {
  if (symmetric_key.empty()) {
    warnings.emplace_back("symmetric_key is empty: the service will refuse what is signed with it");
  }
  if (sastoken_ttl <= seconds::zero()) {
    warnings.push_back("sastoken_ttl of " + std::to_string(sastoken_ttl.count()) +
                       " s makes tokens that have expired already: the service will refuse them");
  }
}

void warn_of_id_scope(Warnings& warnings, std::string_view id_scope) {
  if (id_scope.empty()) {
    warnings.emplace_back("id_scope is empty: the service knows no such scope");
  }
}

void warn_of_proxy(Warnings& warnings, const std::optional<ProxyOptions>& proxy) {
  if (!proxy || proxy->username.empty()) return;
  if (!shows_credentials(*proxy)) {
    warnings.emplace_back(
        "proxy_options: the user name is not used, since there is no password beside it");
  } else if (proxy->type == ProxyType::socks4 && !proxy->password.empty()) {
    warnings.emplace_back("proxy_options: the password is not used, since SOCKS4 has none");
  }
}

void log_warnings(std::string_view client_id, const Warnings& warnings) {
  for (const std::string& warning : warnings) {
    log_for(client_id, LogLevel::warning, "Client", warning);
  }
}

}  // namespace azure::iot::device::detail
