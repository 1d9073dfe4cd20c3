// The certificate that a client of the broker presented.
#pragma once

#include <optional>

#include "hub/authenticator.hpp"

struct mosquitto;

namespace azure::iot::device::simulator {

// Returns nothing if the client presented none, as at a listener that asks for none.
std::optional<ClientCertificate> client_certificate(const mosquitto* client);

}  // namespace azure::iot::device::simulator
