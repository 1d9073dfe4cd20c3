// TCP ports on loopback, and whether a TLS server answers at one.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>

namespace azure::iot::device::simulator {

// A port that was free a moment ago.
std::uint16_t find_free_port();

bool is_port_free(std::uint16_t port);

// True once a TLS handshake with 127.0.0.1 completes. Does not look at the certificate's merits.
bool completes_tls_handshake(std::uint16_t port, std::chrono::milliseconds timeout);

}  // namespace azure::iot::device::simulator
