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

// The certificate of a client, after TLS has checked that a trusted authority signed it.
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

// The reason for a refusal, for the event log. The device learns only "not authorized".
struct Refusal {
  std::string reason;
};

// The time at which the credentials expire.
struct Acceptance {
  std::chrono::sys_seconds expiry;
};

// `identity` is the one that the client id names; null if there is none.
std::variant<Acceptance, Refusal> authenticate(const HubConfig& config, const Identity* identity,
                                               const Credentials& credentials,
                                               std::chrono::sys_seconds now);

}  // namespace azure::iot::device::simulator
