#include "clients/detail/option_warnings.hpp"

#include <string>

#include "pipeline/log.hpp"

namespace azure::iot::device::detail {
namespace {

using std::chrono::seconds;

template <class... Parts>
void warn(std::string_view client_id, const Parts&... parts) {
  log_for(client_id, LogLevel::warning, "Client", parts...);
}

}  // namespace

void warn_of_keep_alive(std::string_view client_id, seconds keep_alive) {
  // IoT Hub closes a connection that was silent for 1.5 times the keep-alive, 1767 s at most.
  constexpr seconds kSafe{1177};
  if (keep_alive <= kSafe) return;
  warn(client_id, "keep_alive of ", std::to_string(keep_alive.count()), " s is risky: above ",
       std::to_string(kSafe.count()),
       " s IoT Hub may close an idle connection before a ping is due");
}

void warn_of_token(std::string_view client_id, std::string_view symmetric_key,
                   seconds sastoken_ttl) {
  if (symmetric_key.empty()) {
    warn(client_id, "symmetric_key is empty: the service will refuse what is signed with it");
  }
  if (sastoken_ttl <= seconds::zero()) {
    warn(client_id, "sastoken_ttl of ", std::to_string(sastoken_ttl.count()),
         " s makes tokens that have expired already: the service will refuse them");
  }
}

void warn_of_id_scope(std::string_view registration_id, std::string_view id_scope) {
  if (id_scope.empty()) warn(registration_id, "id_scope is empty: the service knows no such scope");
}

}  // namespace azure::iot::device::detail
