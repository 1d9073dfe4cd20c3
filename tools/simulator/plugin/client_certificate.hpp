// What a client of the broker is by its certificate.
#pragma once

#include <optional>

#include "hub/authenticator.hpp"

struct mosquitto;

namespace azure::iot::device::simulator {

// Nothing if it came without one: to a listener that asks for none.
std::optional<ClientCertificate> client_certificate(const mosquitto* client);

}  // namespace azure::iot::device::simulator
