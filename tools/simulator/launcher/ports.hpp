// TCP ports on loopback, and whether a TLS server answers at one.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace azure::iot::device::simulator {

inline const std::string kLoopback = "127.0.0.1";

// A port that was free a moment ago.
std::uint16_t find_free_port(const std::string& address = kLoopback);

bool is_port_free(std::uint16_t port, const std::string& address = kLoopback);

// Returns true once a TLS handshake completes. The certificate is not verified.
bool completes_tls_handshake(std::uint16_t port, std::chrono::milliseconds timeout,
                             const std::string& address = kLoopback);

// Whether the text is an address of 127.0.0.0/8, the only ones that a simulator may listen at.
bool is_loopback(const std::string& address);

}  // namespace azure::iot::device::simulator
