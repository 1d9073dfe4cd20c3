// Decides whether a CONNECT is that of a known device or module.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "hub/config.hpp"
#include "hub/identity.hpp"

namespace azure::iot::device::simulator {

// Of a client whose TLS has been checked: that an authority signed it which is trusted here.
struct ClientCertificate {
  std::string common_name;
  std::string thumbprint;  // SHA-256, in lower-case hexadecimal digits.
  std::string der;
};

struct Credentials {
  std::string_view client_id;
  std::string_view user_name;
  std::string_view password;
  std::optional<ClientCertificate> certificate = {};
};

// Why somebody was refused, for the event log. The device learns no more than "not authorized".
struct Refusal {
  std::string reason;
};

// Until when the credentials hold.
struct Acceptance {
  std::chrono::sys_seconds expiry;
};

// `identity` is the one named by the client id; null if there is none.
std::variant<Acceptance, Refusal> authenticate(const HubConfig& config, const Identity* identity,
                                               const Credentials& credentials,
                                               std::chrono::sys_seconds now);

}  // namespace azure::iot::device::simulator
